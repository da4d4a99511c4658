"""What a call into the sandboxed Python costs, beside this interpreter doing the same: JSON in, a call, JSON out.

    cargo build --release --manifest-path rust_exec/wasm/Cargo.toml --example sandbox_calls
    REMOTEMEDIA_RUNNER=runtime/_runner python benchmarks/python_calls.py rust_exec/target/release/examples/sandbox_calls

Both sides run in turns, and the least of each counts: what else the machine does makes figures larger, never smaller.
"""

import json
import subprocess
import sys
import time
from typing import Any

_ROUNDS = 5
_BATCHES = 100
_CALLS = 200
# As in `rust_exec/wasm/examples/sandbox_calls.rs`.
_TEXT = '{"text": "hello", "n": 3}'


class N:
    """The node of both sides."""

    n = 0

    def process(self, v: Any) -> Any:
        """Give the value back."""
        self.n += 1
        return v


def native() -> float:
    """Nanoseconds of one call in this interpreter: the mean of a batch, of the fastest batch."""
    node = N()
    best = float("inf")
    for _ in range(_BATCHES):
        started = time.perf_counter_ns()
        for _ in range(_CALLS):
            json.dumps(node.process(json.loads(_TEXT)))
        best = min(best, (time.perf_counter_ns() - started) / _CALLS)
    return best


def main(program: str) -> None:
    """Print both sides as JSON."""
    rounds = []
    for _ in range(_ROUNDS):
        sandboxed = json.loads(subprocess.run([program], check=True, capture_output=True).stdout)
        rounds.append({**sandboxed, "native_json_ns": native()})
    best = {name: min(one[name] for one in rounds) for name in rounds[0]}
    best["tiny_json_against_native"] = round(best["tiny_json_ns"] / best["native_json_ns"], 2)
    print(json.dumps(best, indent=2))


if __name__ == "__main__":
    main(sys.argv[1])
