"""What observing a run costs: the same run without and with metrics, watch, report and OpenTelemetry; half a minute.

    python benchmarks/overhead.py

Variants take turns, so that what else the machine does hits all of them, and the least of the rounds counts: that only
makes figures larger. Told are what observing adds to every run (a short input), and to the work (a long input less the
short one) in processor time of all processes, and in wall time. The goal is 3 % of the work. What a run without
anything shows a second time is what the figures are good to. Work: the speech example, most of whose time is the
model's, and three small Python nodes over many packets, the least work each. Counting is always on, and part of all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))
from tests.simulators.otlp import collector  # noqa: E402  (found beside this file's parent)

EXAMPLE = REPOSITORY / "examples" / "speech_segments" / "pipeline.py"
SPEECH = REPOSITORY / "testdata" / "speech"
ROUNDS = 2
REPEATS = 18  # of the utterances: about 8 minutes of sound
PACKETS = 12_000
CHAIN = """\
from remotemedia import Node, Pipeline


class Next(Node):
    def process(self, value):
        return value + 1


p = Pipeline("chain")
p.add(Next(name="a")).add(Next(name="b")).add(Next(name="c"))
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="remotemedia-bench-") as name, collector() as otlp:
        place = Path(name)
        os.environ |= {"REMOTEMEDIA_HOME": f"{place}/home", "REMOTEMEDIA_ENV": "development"}
        variants: dict[str, tuple[list[str], dict[str, str]]] = {
            "nothing": ([], {}),
            "--metrics": (["--metrics", f"{place}/m.json"], {}),
            "--watch": (["--watch"], {}),
            "--report": (["--report", f"{place}/r.html"], {}),
            "OpenTelemetry": ([], {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url, "OTEL_METRIC_EXPORT_INTERVAL": "1000"}),
            "nothing again": ([], {}),
        }
        print(f"{os.cpu_count()} cores, the least of {ROUNDS} rounds; against the run without anything\n")
        for work, package, source in works(place):
            print(f"{work:<36}{'cpu s':>9}{'fixed':>10}{'of work':>9}{'wall s':>9}{'fixed':>10}{'of work':>9}")
            show(measure(package, source, variants))


def works(place: Path) -> Iterator[tuple[str, Path, tuple[Path, Path]]]:
    """Name and package of each kind of work, and a short and a long input."""
    recording, numbers, chain = place / "speech.wav", place / "numbers.jsonl", place / "chain.py"
    little = place / "little.jsonl"
    record(recording)
    numbers.write_text("".join(f"{number}\n" for number in range(PACKETS)))
    little.write_text("1\n")
    chain.write_text(CHAIN)
    yield "speech segments", build(EXAMPLE, place), (SPEECH / "sense_0880.wav", recording)
    yield f"3 small Python nodes, {PACKETS} packets", build(chain, place), (little, numbers)


def record(path: Path) -> None:
    """Write the utterances one after another, several times."""
    import wave

    parts = []
    for name in sorted(SPEECH.glob("*.wav")):
        with wave.open(str(name)) as file:
            parts.append(file.readframes(file.getnframes()))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"".join(parts) * REPEATS)


def build(source: Path, place: Path) -> Path:
    """Build a package; its path."""
    command = [sys.executable, "-m", "remotemedia.cli", "build", str(source), "-o", str(place), "--json"]
    return Path(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["path"])


class Cost(NamedTuple):
    """Processor and wall seconds."""

    cpu: float
    wall: float

    def least(self, other: Cost) -> Cost:
        """The lesser of each."""
        return Cost(min(self.cpu, other.cpu), min(self.wall, other.wall))


Least = dict[str, tuple[Cost, Cost]]


def measure(
    package: Path, sources: tuple[Path, Path], variants: Mapping[str, tuple[list[str], dict[str, str]]]
) -> Least:
    """What every variant costs at the least over the short and the long input."""
    for source in sources:
        run(package, source, [], {})  # fills the caches
    least: Least = {}
    for _ in range(ROUNDS):
        for name, (flags, environ) in variants.items():
            short, long = (run(package, source, flags, environ) for source in sources)
            before = least.get(name, (short, long))
            least[name] = short.least(before[0]), long.least(before[1])
    return least


def run(package: Path, source: Path, flags: list[str], environ: Mapping[str, str]) -> Cost:
    """What one run costs."""
    command = [sys.executable, "-m", "remotemedia.cli", "run", str(package), "-i", str(source), *flags]
    before, began = os.times(), time.perf_counter()
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    done = subprocess.run(command, env={**os.environ, **environ}, check=False, stdout=nowhere, stderr=pipe, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(cpu, time.perf_counter() - began)


def show(least: Least) -> None:
    """A line for each variant: what it costs, and what it adds to every run and to the work."""
    base = least["nothing"]
    for name, (short, long) in least.items():
        shown = f"{name:<36}"
        for side in (0, 1):
            fixed = short[side] - base[0][side]
            work = (long[side] - short[side]) / (base[1][side] - base[0][side])
            shown += f"{long[side]:9.2f}{1000 * fixed:+7.0f} ms{100 * (work - 1):+8.1f}%"
        print(shown)
    print()


if __name__ == "__main__":
    main()
