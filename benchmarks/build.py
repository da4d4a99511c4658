"""What a build costs beside its model: whole processes, against hashing and copying the model alone.

A package of one model of random bytes is built four times in turn: `cold` (nothing is kept of earlier builds), `again`
(nothing has changed), `edited` (the program has changed, the model has not) and `no cache` (as `again`, with
`--no-cache`). Beside them, in the same turn, OpenSSL hashes the model and `cp` copies it, with the pages of all files
in memory. Medians are quoted, with the median of neighbours' ratios to both together: 1.00 would be a build that takes
as long as these two, one after the other.

    python benchmarks/build.py [MIB] [ROUNDS]
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.large_model import PROGRAM, REMOTEMEDIA, environment, run, timed, write_project

OURS = ("cold", "again", "edited", "no cache")


def main() -> None:
    """Measure and print."""
    mib, rounds = (int(word) for word in (*sys.argv[1:], "1024", "5")[:2])
    with tempfile.TemporaryDirectory(prefix="remotemedia-bench-", dir=os.environ.get("BENCH_DIR")) as place:
        bench = Bench(Path(place), mib)
        times = [bench.turn(number) for number in range(rounds)]
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {mib} MiB, {rounds} rounds, whole processes\n")
    print(f"{'':<12}{'wall s':>9}{'ratio':>8}{'CPU s':>9}{'ratio':>8}")
    for name in times[0]:
        wall, processor = (statistics.median(turn[name][at] for turn in times) for at in (0, 1))
        row = f"{name:<12}{wall:9.2f}{_ratio(times, name, 0):8.2f}{processor:9.2f}{_ratio(times, name, 1):8.2f}"
        print(row if name in OURS else f"{name:<12}{wall:9.2f}{'':8}{processor:9.2f}")


def _ratio(times: list[dict[str, tuple[float, float]]], name: str, at: int) -> float:
    return statistics.median(turn[name][at] / (turn["sha256"][at] + turn["copy"][at]) for turn in times)


class Bench:
    """One project with one model."""

    def __init__(self, place: Path, mib: int) -> None:
        self._place = place
        self._model = write_project(place, mib << 20).with_name("model.onnx")
        self._build()  # compiles bytecode, and makes the key

    def turn(self, number: int) -> dict[str, tuple[float, float]]:
        """Wall and CPU seconds of each, in an order that changes from turn to turn."""
        shutil.rmtree(self._place / "home" / "compile", ignore_errors=True)
        shutil.rmtree(self._place / "out", ignore_errors=True)
        found = {"cold": timed(self._build), "again": timed(self._build)}
        (self._place / "pipeline.py").write_text(f"{PROGRAM}# {number}\n")
        found |= {"edited": timed(self._build), "no cache": timed(lambda: self._build("--no-cache"))}
        copy = self._place / "copy"
        found["sha256"] = timed(lambda: run("openssl", "dgst", "-sha256", self._model))
        found["copy"] = timed(lambda: run("cp", self._model, copy))
        copy.unlink()
        return found

    def _build(self, *flags: str) -> None:
        environ = environment(self._place / "home")
        run(REMOTEMEDIA, "build", self._place / "pipeline.py", "-o", self._place / "out", *flags, env=environ)


if __name__ == "__main__":
    main()
