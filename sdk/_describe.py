"""A pipeline of this process as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia._objects import builtin_type
from remotemedia._picture import DrawnEdge, DrawnNode, Picture, clean

if TYPE_CHECKING:
    from remotemedia.node import Node
    from remotemedia.pipeline import Pipeline

__all__ = ["picture_of"]


def picture_of(pipeline: Pipeline) -> Picture:
    """Return what is shown of a pipeline: runtimes are those in this process, values as Python writes them."""
    graph = pipeline._graph  # noqa: SLF001 - this is its reader
    declared = pipeline._declared  # noqa: SLF001 - as above
    return Picture(
        name=clean(pipeline.name),
        nodes=[_node(node, name) for node, name in zip(graph.nodes, graph.ids, strict=True)],
        edges=[DrawnEdge(*edge) for edge in graph.edges],
        parameters={name: clean(repr(parameter.default)) for name, parameter in declared.parameters.items()},
        secrets=list(declared.secrets),
    )


def _node(node: Node, name: str) -> DrawnNode:
    builtin = builtin_type(type(node))
    kind = "python" if builtin is None else builtin.kind_in_process
    arguments = node._captured  # noqa: SLF001 - it was captured for us
    config: Any = arguments.get("remote_config")
    host = f"{config.host}:{config.port}" if hasattr(config, "host") and hasattr(config, "port") else None
    if builtin is not None:
        host = host or arguments.get("host")
    place = " ".join(str(text) for text in (arguments.get("remote_ref"), host and f"on {host}") if text)
    return DrawnNode(
        id=clean(name),
        type=type(node).__name__,
        runtime=kind if kind in {"native", "onnx"} else "python",
        arguments={argument: clean(repr(value)) for argument, value in arguments.items()},
        place=clean(place) if place else None,
    )
