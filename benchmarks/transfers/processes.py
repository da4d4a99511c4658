"""What a process takes, and what many rounds of several say of each."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SPAWN = Path(__file__).with_name("spawn.py")


@dataclass(frozen=True)
class Cost:
    """What one process took: wall and processor time in seconds, most memory in MiB."""

    wall: float
    cpu: float
    memory: float


def measured(command: Sequence[object], environ: Mapping[str, str], where: Path) -> Cost:
    """Run a process to its end, and give what it took.

    Raises:
        SystemExit: it failed; with what it said.
    """
    with tempfile.TemporaryDirectory() as scratch:
        took, said = Path(scratch, "took"), Path(scratch, "said")
        launcher = [sys.executable, "-I", "-S", SPAWN, took, *command]
        with said.open("wb") as out:
            subprocess.run([*map(str, launcher)], cwd=where, env=environ, stdout=out, stderr=out, check=True)
        wall, cpu, memory, status = took.read_text().split()
        if int(status):
            raise SystemExit(f"{' '.join(map(str, command))} ended with {status}:\n{said.read_text()}")
    return Cost(float(wall), float(cpu), int(memory) / 1024)


def median(costs: Sequence[Cost], field: str) -> float:
    """The median of one figure."""
    return statistics.median(float(getattr(cost, field)) for cost in costs)


def ratio(mine: Sequence[Cost], theirs: Sequence[Cost], field: str) -> float:
    """The median of neighbours' ratios."""
    pairs = zip(mine, theirs, strict=True)
    return statistics.median(float(getattr(one, field)) / float(getattr(other, field)) for one, other in pairs)
