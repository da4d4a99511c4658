"""RM119: a connection joins ports whose types never fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import GRAPH_ERRORS, Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.schemas.tables import NodeType

__all__ = ["RULE"]


def _check(graph: Graph) -> Iterator[Finding]:
    for edge in graph.edges:
        from_port, to_port = graph.ports(edge)
        given = _types(graph.builtin(edge.source), from_port, outputs=True)
        taken = _types(graph.builtin(edge.target), to_port, outputs=False)
        if given is None or taken is None or set(given) & set(taken):
            continue
        source, target = graph.id(edge.source), graph.id(edge.target)
        yield Finding(
            f"`{target}` takes nothing of what `{source}` gives",
            graph.place(edge),
            f"{_listed(given)} does not fit {_listed(taken)}",
            help="put a node between them that converts",
            related=tuple(
                (node.place, label)
                for node, label in (
                    (graph.nodes[edge.source], f"gives {_listed(given)}"),
                    (graph.nodes[edge.target], f"takes {_listed(taken)}"),
                )
                if node.place.node is not graph.place(edge).node
            ),
        )


def _types(node: NodeType | None, name: str, *, outputs: bool) -> tuple[str, ...] | None:
    """Return the types of a port; None where they are not known or the port does not exist."""
    if node is None:
        return None
    return next((port.types for port in (node.outputs if outputs else node.inputs) if port.name == name), None)


def _listed(types: tuple[str, ...]) -> str:
    return " or ".join(types)


RULE: Final = Rule(
    "RM119",
    "error",
    "Each port of a built-in node gives or takes packets of certain types, such as audio or text. Where two ports have "
    "none in common, the second node would refuse each packet of the first. What one's own nodes give and take is not "
    "known, and is not judged.",
    bad="""\
from remotemedia import AudioSource, Pipeline
from remotemedia.nodes import CalculatorNode

p = Pipeline("speech")
p.add(AudioSource())
p.add(CalculatorNode())
""",
    good="""\
from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("speech")
p.add(AudioSource())
p.add(AudioMixNode())
""",
    check=_check,
    misled_by=GRAPH_ERRORS,
)
