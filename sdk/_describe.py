"""A pipeline as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia._manifest import builtin_type

if TYPE_CHECKING:
    from remotemedia.pipeline import Pipeline

__all__ = ["describe"]

_MAX_VALUE = 60


def describe(pipeline: Pipeline) -> str:
    """Return one line a node and one an edge: id, class, runtime in this process, arguments; then `a -> b`."""
    ids = pipeline.ids()
    rows = []
    for node, name in zip(pipeline.nodes, ids, strict=True):
        builtin = builtin_type(type(node))
        runtime = "python" if builtin is None else builtin.kinds[0]
        arguments = ", ".join(f"{key}={_short(value)}" for key, value in node._captured.items())  # noqa: SLF001 - it was captured for us
        rows.append((name, f"{type(node).__name__}({arguments})", runtime))
    width = max((len(name) for name, _, _ in rows), default=0)
    kinds = max((len(kind) for _, _, kind in rows), default=0)
    lines = [f"pipeline {pipeline.name}", ""]
    lines += [f"  {name:<{width}}  {kind:<{kinds}}  {call}" for name, call, kind in rows]
    edges = pipeline._graph.edges  # noqa: SLF001 - this is its reader
    if edges:
        lines.append("")
    for edge in edges:
        source = ids[edge.source] + (f".{edge.from_port}" if edge.from_port is not None else "")
        target = ids[edge.target] + (f".{edge.to_port}" if edge.to_port is not None else "")
        lines.append(f"  {source} -> {target}")
    return "\n".join(lines)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"
