"""RM125: a pipeline has no nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import ANY_ERROR, Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULE"]


def _check(graph: Graph) -> Iterator[Finding]:
    if not graph.nodes:
        yield Finding(
            f"the pipeline `{graph.manifest['metadata']['name']}` has no nodes",
            graph.pipeline.place,
            "what is put in is thrown away",
            help="`add` a node, or name another pipeline with `--pipeline NAME`",
        )


RULE: Final = Rule(
    "RM125",
    "warning",
    "A pipeline without nodes runs and gives nothing. Most often the nodes were added to another one.",
    bad="""\
from remotemedia import Pipeline

p = Pipeline("nothing")
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("something")
p.add(AudioMixNode())
""",
    check=_check,
    misled_by=ANY_ERROR,
)
