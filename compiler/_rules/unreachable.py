"""RM121: no source leads to a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import ANY_ERROR, Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULE"]


def _check(graph: Graph) -> Iterator[Finding]:
    entries = [at for at in range(len(graph.nodes)) if not graph.before[at]]
    sources = [at for at in entries if (builtin := graph.builtin(at)) is not None and not builtin.inputs]
    for at in entries if sources else ():
        if at not in sources:
            yield Finding(
                f"no source leads to `{graph.id(at)}`",
                graph.nodes[at].place,
                "nothing reaches it",
                help="`connect` it with the node before it",
                related=((graph.nodes[sources[0]].place, "the pipeline's source"),),
            )


RULE: Final = Rule(
    "RM121",
    "warning",
    "Where a pipeline has a source of its own it is run without input, and a node to which no source leads never gets "
    "a packet.",
    bad="""\
from remotemedia import AudioMixNode, Pipeline
from remotemedia.nodes import DataSourceNode

p = Pipeline("live")
p.add(DataSourceNode())
p.add(AudioMixNode(), after=[])
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline
from remotemedia.nodes import DataSourceNode

p = Pipeline("live")
p.add(DataSourceNode())
p.add(AudioMixNode())
""",
    check=_check,
    misled_by=ANY_ERROR,
)
