"""What a run counted and measured, under the names that programs read."""

from __future__ import annotations

from typing import Any

__all__ = ["metrics_of"]

_US = 1_000  # nanoseconds


def metrics_of(name: str, report: dict[str, Any]) -> dict[str, Any]:
    """Return the engine's report with durations in microseconds; see `Pipeline.get_metrics`."""
    return {
        "pipeline_id": name,
        "total_duration_us": report["wall_ns"] / _US,
        "node_metrics": [_node(node) for node in report["nodes"]],
        "edges": [{key: edge[key] for key in ("from", "to", "high_water")} for edge in report["edges"]],
    }


def _node(node: dict[str, Any]) -> dict[str, Any]:
    # Not the engine's calls: it gives an asynchronous node all that is there in one, and every node a last one.
    executions = node["packets_in"] or node["packets_out"]
    return {
        "node_id": node["id"],
        "runtime": node["runtime"],
        "execution_count": executions,
        "packets_in": node["packets_in"],
        "packets_out": node["packets_out"],
        "total_duration_us": node["busy_ns"] / _US,
        "avg_duration_us": node["busy_ns"] / executions / _US if executions else 0.0,
        "p50_us": node["call_ns"]["p50"] / _US,
        "p95_us": node["call_ns"]["p95"] / _US,
        "p99_us": node["call_ns"]["p99"] / _US,
    }
