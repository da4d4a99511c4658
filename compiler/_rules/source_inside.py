"""RM129: a source stands behind another node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import GRAPH_ERRORS, Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULE"]


def _check(graph: Graph) -> Iterator[Finding]:
    for edge in graph.edges:
        target = graph.builtin(edge.target)
        if target is not None and not target.inputs:
            yield Finding(
                f"`{graph.id(edge.target)}` is a source and takes nothing from `{graph.id(edge.source)}`",
                graph.place(edge),
                "nothing passes here",
                help="put it at the beginning: `add(…, after=[])`",
                related=((graph.nodes[edge.source].place, "works in vain"),),
            )


RULE: Final = Rule(
    "RM129",
    "error",
    "A source has no inputs: what stands before it works in vain, and the engine refuses an edge that leads to it.",
    bad="""\
from remotemedia import AudioMixNode, Pipeline
from remotemedia.nodes import DataSourceNode

p = Pipeline("live")
p.add(AudioMixNode())
p.add(DataSourceNode())
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline
from remotemedia.nodes import DataSourceNode

p = Pipeline("live")
p.add(DataSourceNode())
p.add(AudioMixNode())
""",
    check=_check,
    misled_by=GRAPH_ERRORS,
)
