"""What observing a run costs: the same run without and with metrics, watch, report and OpenTelemetry; half a minute.

    python benchmarks/overhead.py

First what observing costs with time: sound that comes as it is spoken, all variants side by side, in milliseconds of
processor time a second; 30 would be 3 % of one processor. Then what it adds to work that takes all there is: variants
take turns, so that what else the machine does hits all of them, and the least of the rounds counts. Told are what is
added to every run (a short input), and to the work (a long input less the short one). What a run without anything shows
a second time is what the figures are good to. Work: the speech example, most of whose time is the model's, and three
small Python nodes over many packets, the least work each. Counting is always on, and part of all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))
from tests.simulators.otlp import collector  # noqa: E402  (found beside this file's parent)

EXAMPLE = REPOSITORY / "examples" / "speech_segments" / "pipeline.py"
SPEECH = REPOSITORY / "testdata" / "speech"
ROUNDS = 2
RATE = 16_000
MINUTES = 6  # of sound
PACED = (2, 10)  # seconds of sound
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
        speech, *rest = works(place)
        paced(speech[1], place, variants)
        print(f"{os.cpu_count()} cores, the least of {ROUNDS} rounds; against the run without anything\n")
        for work, package, source in (speech, *rest):
            print(f"{work:<36}{'cpu s':>9}{'fixed':>10}{'of work':>9}{'wall s':>9}{'fixed':>10}{'of work':>9}")
            show(measure(package, source, variants))


def works(place: Path) -> Iterator[tuple[str, Path, tuple[Path, Path]]]:
    """Name and package of each kind of work, and a short and a long input."""
    recording, numbers, chain = place / "speech.wav", place / "numbers.jsonl", place / "chain.py"
    little = place / "little.jsonl"
    record(recording, frames=MINUTES * 60 * RATE)
    numbers.write_text("".join(f"{number}\n" for number in range(PACKETS)))
    little.write_text("1\n")
    chain.write_text(CHAIN)
    yield "speech segments", build(EXAMPLE, place), (SPEECH / "sense_0880.wav", recording)
    yield f"3 small Python nodes, {PACKETS} packets", build(chain, place), (little, numbers)


def record(path: Path, *, frames: int) -> None:
    """Write so much of the utterances, one after another, again and again."""
    import wave

    parts = []
    for name in sorted(SPEECH.glob("*.wav")):
        with wave.open(str(name)) as file:
            parts.append(file.readframes(file.getnframes()))
    once = b"".join(parts)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((once * (2 * frames // len(once) + 1))[: 2 * frames])


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


def paced(package: Path, place: Path, variants: Mapping[str, tuple[list[str], dict[str, str]]]) -> None:
    """Print what every variant costs a second."""
    sources = [place / f"{seconds}.wav" for seconds in PACED]
    for source, seconds in zip(sources, PACED, strict=True):
        record(source, frames=seconds * RATE)
    run(package, sources[0], [], {})  # fills the caches
    with ThreadPoolExecutor(len(variants)) as side_by_side:
        costs = [
            list(
                side_by_side.map(
                    lambda it, source=source: run(package, source, ["--live", *it[0]], it[1]), variants.values()
                )
            )
            for source in sources
        ]
    print(f"{'speech as it is spoken':<36}{'cpu ms/s':>9}{'added':>9}")
    rates = [1000 * (long.cpu - short.cpu) / (PACED[1] - PACED[0]) for short, long in zip(*costs, strict=True)]
    for name, rate in zip(variants, rates, strict=True):
        print(f"{name:<36}{rate:9.1f}{rate - rates[0]:+9.1f}")
    print()


def run(package: Path, source: Path, flags: list[str], environ: Mapping[str, str]) -> Cost:
    """What one run costs, with all its processes."""
    command = [sys.executable, "-m", "remotemedia.cli", "run", str(package), "-i", str(source), *flags]
    began, nowhere = time.perf_counter(), subprocess.DEVNULL
    process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=nowhere, stderr=nowhere)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"expected a run, got the status {process.returncode} of {' '.join(command)}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began)


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
