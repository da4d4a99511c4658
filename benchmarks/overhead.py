"""What observing a run costs: the same run without and with metrics, watch, report and OpenTelemetry.

    python benchmarks/overhead.py

Variants take turns, so that what else the machine does hits all of them. Quoted are medians over the rounds, against
the run without anything of the same round: what observing adds to every run (a short input), and to the work (a long
input less the short one), in wall and in processor time. The goal is 3 % of the work. Work: the speech example, most of
whose time is the model's, and three small Python nodes over many packets, the least work each.
"""

from __future__ import annotations

import json
import os
import statistics
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
ROUNDS = 5
REPEATS = 60  # of the utterances: about 25 minutes of sound; what is drawn of it is bounded
PACKETS = 100_000
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
        }
        print(f"{os.cpu_count()} cores, {ROUNDS} rounds, medians; against the run without anything\n")
        for work, package, source in works(place):
            print(f"{work:<36}{'wall s':>9}{'cpu s':>9}{'+ms':>8}{'+cpu ms':>8}{'work':>9}{'cpu':>9}")
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
    """Wall and processor seconds."""

    wall: float
    cpu: float


Times = dict[str, list[tuple[Cost, Cost]]]


def measure(
    package: Path, sources: tuple[Path, Path], variants: Mapping[str, tuple[list[str], dict[str, str]]]
) -> Times:
    """What every variant costs in every round over the short and the long input, after a round that does not count."""
    times: Times = {name: [] for name in variants}
    for number in range(ROUNDS + 1):
        for name, (flags, environ) in variants.items():
            short, long = (run(package, source, flags, environ) for source in sources)
            if number:
                times[name].append((short, long))
    return times


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
    return Cost(time.perf_counter() - began, cpu)


def show(times: Times) -> None:
    """A line for each variant: what it adds to every run, and to the work."""
    base = times["nothing"]
    for name, measured in times.items():
        pairs = list(zip(measured, base, strict=True))
        fixed = [statistics.median(ours[0][side] - theirs[0][side] for ours, theirs in pairs) for side in (0, 1)]
        work = [
            statistics.median(
                (ours[1][side] - ours[0][side]) / (theirs[1][side] - theirs[0][side]) for ours, theirs in pairs
            )
            for side in (0, 1)
        ]
        wall, cpu = (statistics.median(long[side] for _, long in measured) for side in (0, 1))
        shown = "".join(f"{1000 * seconds:+8.0f}" for seconds in fixed)
        shown += "".join(f"{100 * (ratio - 1):+8.1f}%" for ratio in work)
        print(f"{name:<36}{wall:9.2f}{cpu:9.2f}{shown}")
    print()


if __name__ == "__main__":
    main()
