"""RM122: two nodes are connected twice in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import GRAPH_ERRORS, Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._values import Edge

__all__ = ["RULE"]


def _check(graph: Graph) -> Iterator[Finding]:
    seen: dict[tuple[int, int, str, str], Edge] = {}
    for edge in graph.edges:
        first = seen.setdefault((edge.source, edge.target, *graph.ports(edge)), edge)
        if first is not edge:
            yield Finding(
                f"`{graph.id(edge.source)}` and `{graph.id(edge.target)}` are connected twice in the same way",
                graph.place(edge),
                "every packet arrives twice",
                help="`add` draws an edge from the node that was added before; `after=[]` draws none",
                related=((graph.place(first), "the first time"),) if first.place is not edge.place else (),
            )


RULE: Final = Rule(
    "RM122",
    "warning",
    "A node gets what comes over each of its edges. Two edges between the same ports bring every packet twice, which "
    "is hardly ever meant: `add` connects a node with the one before it, and `connect` then draws a second edge.",
    bad="""\
from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("speech")
source, mix = AudioSource(), AudioMixNode()
p.add(source).add(mix)
p.connect(source, mix)
""",
    good="""\
from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("speech")
source, mix = AudioSource(), AudioMixNode()
p.add(source).add(mix)
""",
    check=_check,
    misled_by=GRAPH_ERRORS,
)
