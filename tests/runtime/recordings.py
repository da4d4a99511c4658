"""Recordings of runs that might have been."""

from __future__ import annotations

from typing import Any

NODES = ("Twice", "Check")


def node(name: str, packets: int, **more: Any) -> dict[str, Any]:
    """A node's figures after so many packets."""
    return {
        "id": name,
        "runtime": "python-wasm",
        "packets_in": packets,
        "packets_out": packets,
        "bytes_in": 8 * packets,
        "bytes_out": 8 * packets,
        "calls": packets + 1,
        "errors": 0,
        "skipped": 0,
        "restarts": 0,
        "busy_ns": 20_000 * packets,
        "call_ns": {
            "timed": packets,
            "p50": 9_000,
            "p95": 40_000,
            "p99": 60_000,
            "max": 91_000,
            "histogram": [[8_191, packets // 2], [95_000, packets - packets // 2]],
        },
        **more,
    }


def edge(giver: str, taker: str, packets: int, **more: Any) -> dict[str, Any]:
    """An edge's figures."""
    ends = {"from": giver, "from_port": "out", "to": taker, "to_port": "in"}
    counts = {"packets": packets, "bytes": 8 * packets, "depth": 3, "high_water": 7, "dropped": 0}
    return {**ends, "fused": False, **counts, **more}


def report(packets: int) -> dict[str, Any]:
    """The figures of a run of two nodes after so many packets, one each 100 µs."""
    return {
        "wall_ns": 100_000 * packets,
        "first_output_ns": 250_000,
        "late": 0,
        "nodes": [node(name, packets) for name in NODES],
        "edges": [edge(*NODES, packets)],
    }


def metrics(at_ms: float) -> dict[str, Any]:
    """An event with figures."""
    return {"event": "metrics", "at_ms": at_ms, "report": report(int(10 * at_ms))}


def log(at_ms: float, message: str, **more: Any) -> dict[str, Any]:
    """An event with a line of the log."""
    return {"event": "log", "at_ms": at_ms, "node": "Check", "level": "warning", "message": message, **more}


def probe(**more: Any) -> dict[str, Any]:
    """An event with nothing seen but what is given."""
    return {"event": "probe", "at_ms": 9.0, "tracks": [], "series": [], "segments": [], "dropped": 0, **more}


def track(low: list[int | None], high: list[int | None], **more: Any) -> dict[str, Any]:
    """An outline of sound."""
    return {
        "node": "input",
        "is_input": True,
        "rate": 16000,
        "channels": 1,
        "bin_s": 0.01,
        "low": low,
        "high": high,
        **more,
    }
