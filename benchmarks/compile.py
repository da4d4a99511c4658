"""What compiling costs: whole processes, against running the same program and serialising its pipeline.

Both sides are processes of their own, started in turn; their manifests are compared. Medians are quoted, with ratios
of neighbours: above 1 the compiler takes longer than Python takes to run the program.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

REMOTEMEDIA = Path(sysconfig.get_path("scripts")) / "remotemedia"
ROUNDS = 7
HEAD = """\
from remotemedia import AudioMixNode, AudioSource, Node, Pipeline

class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value

p = Pipeline("bench")
"""
TAIL = """
if __name__ == "__main__":
    print(p.serialize())
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="remotemedia-bench-") as place:
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {ROUNDS} rounds, medians of whole processes\n")
        print(f"{'seconds':<34}{'compile':>9}{'cached':>9}{'run it':>9}{'ratio':>8}")
        measure(Path(place), "500 lines", written_out(500 - len((HEAD + TAIL).splitlines())))
        for nodes in (100, 1000, 10_000):
            measure(Path(place), f"{nodes} nodes added in a loop", looped(nodes))
        for nodes in (100, 1000):
            measure(Path(place), f"{nodes} nodes written out", written_out(nodes))


def written_out(lines: int) -> str:
    """A program with one `add` a line."""
    adds = "".join(f'p.add(Keep(value={number}, name="keep-{number}"))\n' for number in range(lines))
    return HEAD + adds + TAIL


def looped(nodes: int) -> str:
    """A program that adds its nodes in a loop."""
    return f'{HEAD}for number in range({nodes}):\n    p.add(Keep(value=number * 2, name=f"keep-{{number}}"))\n{TAIL}'


def measure(place: Path, name: str, program: str) -> None:
    """One line of the table; the cache is emptied before each cold compilation."""
    source = place / f"program_{name.replace(' ', '_')}.py"
    source.write_text(program)
    cold, warm, run = [], [], []
    for number in range(ROUNDS):
        home = place / f"home-{name}-{number}"
        cold.append(timed([REMOTEMEDIA, "compile", source], home))
        run.append(timed([sys.executable, source], home))
        warm.append(timed([REMOTEMEDIA, "compile", source], home))
    alike(cold[-1][1], run[-1][1])
    alike(warm[-1][1], run[-1][1])
    ratio = statistics.median(ours / theirs for (ours, _), (theirs, _) in zip(cold, run, strict=True))
    sides = [statistics.median(seconds for seconds, _ in side) for side in (cold, warm, run)]
    print(f"{name:<34}{sides[0]:9.3f}{sides[1]:9.3f}{sides[2]:9.3f}{ratio:8.2f}")


def timed(words: list[object], home: Path) -> tuple[float, str]:
    """Seconds a process takes, and what it prints."""
    environ = os.environ | {"REMOTEMEDIA_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    started = time.perf_counter()
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=True, env=environ)
    return time.perf_counter() - started, done.stdout


def alike(ours: str, theirs: str) -> None:
    """Both sides state the same."""
    one, other = json.loads(ours), json.loads(theirs)
    other["metadata"].pop("created_at")
    if one != other:
        raise SystemExit("expected equal manifests")


if __name__ == "__main__":
    main()
