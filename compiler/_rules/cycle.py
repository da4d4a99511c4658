"""RM120: the nodes are connected in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._values import Edge

__all__ = ["RULE"]

_SHOWN: Final = 8


def _check(graph: Graph) -> Iterator[Finding]:
    circle = _circle(graph)
    if not circle:
        return
    names = [graph.id(edge.source) for edge in circle]
    path = [*names[:_SHOWN], *(["…"] if len(names) > _SHOWN else []), names[0]]
    *others, closing = circle
    yield Finding(
        "the nodes are connected in a circle",
        graph.place(closing),
        f"leads back to `{names[0]}`",
        notes=(f"the circle is `{' -> '.join(path)}`",),
        help="keep state inside a node instead of feeding it back",
        related=tuple(
            (graph.place(edge), f"leads from `{graph.id(edge.source)}` to `{graph.id(edge.target)}`")
            for edge in others[:_SHOWN]
        ),
    )


def _circle(graph: Graph) -> list[Edge]:
    """Return the edges of one circle in their order, the one that the program draws last at the end.

    Nodes from which no circle can be reached are taken away first (Kahn), the rest is walked until a node comes again.
    """
    leading: list[list[Edge]] = [[] for _ in graph.nodes]
    coming: list[list[int]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        leading[edge.source].append(edge)
        coming[edge.target].append(edge.source)
    left = [len(edges) for edges in leading]
    ends = [at for at, count in enumerate(left) if count == 0]
    while ends:
        for source in coming[ends.pop()]:
            left[source] -= 1
            if left[source] == 0:
                ends.append(source)
    at = next((at for at, count in enumerate(left) if count), None)
    if at is None:
        return []
    seen: dict[int, int] = {}
    walked: list[Edge] = []
    while at not in seen:
        seen[at] = len(walked)
        walked.append(next(edge for edge in leading[at] if left[edge.target]))
        at = walked[-1].target
    circle = walked[seen[at] :]
    drawn = {id(edge): order for order, edge in enumerate(graph.edges)}
    last = max(range(len(circle)), key=lambda index: drawn[id(circle[index])])
    return circle[last + 1 :] + circle[: last + 1]


RULE: Final = Rule(
    "RM120",
    "error",
    "Packets flow through a pipeline in one direction. In a circle each node would wait for another, or a packet would "
    "go round for ever.",
    bad="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("echo")
first, second = AudioMixNode(), AudioMixNode()
p.add(first).add(second)
p.connect(second, first)
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("echo")
first, second = AudioMixNode(), AudioMixNode()
p.add(first).add(second)
""",
    check=_check,
)
