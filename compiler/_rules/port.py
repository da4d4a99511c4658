"""RM118: a connection names a port that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._values import Edge
    from remotemedia.schemas.tables import Port

__all__ = ["RULE"]


def _check(graph: Graph) -> Iterator[Finding]:
    for edge in graph.edges:
        from_port, to_port = graph.ports(edge)
        source, target = graph.builtin(edge.source), graph.builtin(edge.target)
        if source is not None:
            yield from _missing(graph, edge, "from_port", from_port, source.outputs)
        if target is not None and target.inputs:  # one without inputs is a source: RM121
            yield from _missing(graph, edge, "to_port", to_port, target.inputs)


def _missing(graph: Graph, edge: Edge, end: str, name: str, ports: tuple[Port, ...]) -> Iterator[Finding]:
    if any(port.name == name for port in ports):
        return
    what, at = ("output", edge.source) if end == "from_port" else ("input", edge.target)
    listed = ", ".join(f"`{port.name}`" for port in ports)
    node = graph.nodes[at]
    yield Finding(
        f"`{graph.id(at)}` has no {what} `{name}`",
        edge.places.get(end) or graph.place(edge),
        "no such port" if end in edge.places else f"leads {'from' if what == 'output' else 'to'} its {what} `{name}`",
        help=f"`{node.cls.name}` has the {what}{'s' if len(ports) > 1 else ''} {listed}" if ports
        else f"`{node.cls.name}` has no {what}s: let nothing follow it",
        related=((node.place, "made here"),),
    )  # fmt: skip


RULE: Final = Rule(
    "RM118",
    "error",
    "Built-in nodes have the ports that the table lists. An edge that names none leads from `out` to `in`.",
    bad="""\
from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("speech")
source, mix = AudioSource(), AudioMixNode()
p.add(source)
p.add(mix, after=[])
p.connect(source, mix, from_port="left")
""",
    good="""\
from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("speech")
source, mix = AudioSource(), AudioMixNode()
p.add(source)
p.add(mix, after=[])
p.connect(source, mix, from_port="out")
""",
    check=_check,
)
