"""RM123: a node is made and added to no pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import ANY_ERROR, Finding, Graph, Rule
from remotemedia.compiler._values import NodeInstance, PipelineInstance, contained

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._values import Value

__all__ = ["RULE"]


def _check(graph: Graph) -> Iterator[Finding]:
    used = _used(graph)
    loose = [node for node in graph.made if id(node) not in used and node.place.source is graph.pipeline.place.source]
    if not loose:
        return
    from remotemedia.compiler._rules._mentions import top_level_calls, unread_names  # noqa: PLC0415 - takes libcst

    tree = graph.pipeline.place.source.tree
    calls, unread = top_level_calls(tree), unread_names(tree)
    for node in loose:
        names = [name for name, value in graph.scope.names.items() if value is node]
        if node.place.node in calls and all(name in unread for name in names):
            yield Finding(
                f"a node of class `{node.cls.name}` is made and added to no pipeline",
                node.place,
                "not part of what is built",
                help=f"`add({names[0] if names else '…'})` it, or remove it",
                shared=True,
            )


def _used(graph: Graph) -> set[int]:
    """Return the nodes of all pipelines, those in arguments of others, and those in containers, by identity."""
    used: set[int] = set()
    holders: list[Value] = [value for value in graph.scope.names.values() if not isinstance(value, NodeInstance)]
    holders += [argument for node in graph.made for argument in node.arguments.values()]
    holders += graph.pipelines
    for part in (part for holder in holders for part in contained(holder)):
        used |= {id(node) for node in part.all_nodes()} if isinstance(part, PipelineInstance) else {id(part)}
    return used


RULE: Final = Rule(
    "RM123",
    "warning",
    "A node that is made at the top of the file and never mentioned again does nothing. Most often its `add` was "
    "forgotten.",
    bad="""\
from remotemedia import AudioMixNode, AudioResampleNode, Pipeline

p = Pipeline("speech")
mono = AudioMixNode()
p.add(AudioResampleNode(8000))
""",
    good="""\
from remotemedia import AudioMixNode, AudioResampleNode, Pipeline

p = Pipeline("speech")
mono = AudioMixNode()
p.add(mono).add(AudioResampleNode(8000))
""",
    check=_check,
    misled_by=ANY_ERROR,
)
