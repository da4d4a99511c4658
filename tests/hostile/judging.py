"""What is asked of every hostile behaviour: its code in time, in bounds, nothing left, and a neighbour that goes on."""

from __future__ import annotations

import json
import os
import statistics
from pathlib import Path

from tests.hostile.arena import Arena, Verdict
from tests.hostile.table import Program, Row, Stranger

__all__ = ["DEADLINE", "MEMORY", "MIB", "judge", "left"]

DEADLINE = 0.4
MEMORY = 128
MIB = 1 << 20
# What the deadline may be overrun by is a tenth of a second; the rest is for machines that do much besides.
OVERRUN = 0.1 + 0.5
# What a runtime needs besides its node's memory, in bytes: interpreter, code, buffers of the size of a result.
BESIDE = 448 * MIB
# A neighbour may take twice as long as before; on a machine with other work, this long in any case, in seconds.
FLOOR = 0.25
# How long the other nodes, and the process of this one, may take to be made, in seconds; a component is compiled once.
MAKING = 3.0


def judge(verdict: Verdict, row: Program | Row | Stranger) -> None:
    """That the behaviour ended as the table says, in time, in bounds, and without harm to the neighbour."""
    is_early = not isinstance(row, Row) and row.early
    seconds = making(verdict) if is_early else verdict.seconds
    record(verdict, row, seconds)
    assert (verdict.error or {"code": ""})["code"] in row.codes, verdict
    if verdict.error is not None:
        assert verdict.error["node"] == "hostile"
        assert verdict.error["message"]
        assert seconds < DEADLINE + OVERRUN + (MAKING if is_early else 0)
    assert verdict.peak < (MEMORY * MIB) + BESIDE
    if is_early:
        assert verdict.before == []
        return
    assert len(verdict.before) >= 20
    if len(verdict.during) >= 10:
        latencies = (verdict.before, verdict.during)
        usual, now = (statistics.quantiles(it, n=100, method="inclusive")[98] for it in latencies)
        assert now < max(2 * usual, FLOOR), verdict


def making(verdict: Verdict) -> float:
    """Seconds from the opening of the package to the failure."""
    opened = next(it["at_ms"] for it in verdict.events if it.get("name") == "open")
    failed = next(it["at_ms"] for it in verdict.events if it["event"] == "error")
    return float(failed - opened) / 1000


def record(verdict: Verdict, row: Program | Row | Stranger, seconds: float) -> None:
    """One line of JSON a row, where `REMOTEMEDIA_HOSTILE_REPORT` names a file."""
    report = os.environ.get("REMOTEMEDIA_HOSTILE_REPORT")
    if report:
        neighbour = {"before": verdict.before, "during": verdict.during}
        worst = {name: round(max(it, default=0) * 1e3, 1) for name, it in neighbour.items()}
        line = {
            "number": row.number,
            "name": row.name,
            "test": os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0],
            "code": verdict.error["code"] if verdict.error else None,
            "ms": round(seconds * 1e3),
            "peak_mib": verdict.peak >> 20,
            "neighbour_worst_ms": worst,
        }
        with Path(report).open("a") as file:
            file.write(json.dumps(line) + "\n")


def left(arena: Arena, home: Path) -> list[str]:
    """Processes and temporary files that outlived a run."""
    processes = [str(pid) for pid in arena.seen if Path(f"/proc/{pid}").exists()]
    return processes + [it.name for it in (home / "tmp").glob("*")]
