"""The graph that an author builds, and the flat one that it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

from remotemedia._ids import assign_ids, chosen_name, duplicate_name
from remotemedia.errors import PipelineError
from remotemedia.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Edge", "Element", "FlatGraph", "Graph", "Nested", "Sync"]


class Nested(Protocol):
    """A pipeline, as one that holds it sees it."""

    name: str
    _built: Graph


Element: TypeAlias = Node | Nested
Sync: TypeAlias = Literal["arrival", "pts"]


class Edge(NamedTuple):
    """An edge between two nodes, by position; a port is None where the author named none."""

    source: int
    target: int
    from_port: str | None = None
    to_port: str | None = None


class FlatGraph(NamedTuple):
    """Nodes with their ids, the edges between them, and how each merges; pipelines in pipelines are dissolved."""

    nodes: tuple[Node, ...]
    ids: list[str]
    edges: list[Edge]
    syncs: list[Sync | None]


class Graph:
    """Elements and edges in the order they were made; elements are told apart by identity.

    An element is a node, or a pipeline whose nodes are meant.
    """

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self.edges: list[Edge] = []
        self._positions: dict[int, int] = {}
        self._syncs: dict[int, Sync] = {}
        self._names: set[str] = set()

    def add(self, element: Element, before: Sequence[Element], sync: Sync | None) -> None:
        """Add an element with edges from others; `sync` is how a node merges them.

        Raises:
            PipelineError: RM703, it was added already, another is not in the graph, or a pipeline is to merge; RM112,
                its name is taken.
        """
        if sync is not None:
            _check_sync(element, sync)
        if id(element) in self._positions:
            raise _twice(element)
        edges = [Edge(self.position(other), len(self.elements)) for other in before]
        name = _chosen_name(element)
        if name is not None:
            if name in self._names:
                raise duplicate_name(name)
            self._names.add(name)
        self._positions[id(element)] = len(self.elements)
        if sync is not None:
            self._syncs[id(element)] = sync
        self.elements.append(element)
        self.edges.extend(edges)

    def remove(self, element: Element) -> None:
        """Take an element out; what it took from gives to what it gave to.

        Raises:
            PipelineError: RM703, it is not in the graph.
        """
        gone = self.position(element)
        inputs = [edge for edge in self.edges if edge.target == gone]
        outputs = [edge for edge in self.edges if edge.source == gone]
        bridges = [Edge(a.source, b.target, a.from_port, b.to_port) for a in inputs for b in outputs]
        kept = [edge for edge in self.edges if gone not in edge[:2]]
        moved = [
            edge._replace(source=_after(edge.source, gone), target=_after(edge.target, gone)) for edge in kept + bridges
        ]
        self._syncs.pop(id(element), None)
        del self.elements[gone]
        self.edges[:] = moved
        self._positions = {id(other): position for position, other in enumerate(self.elements)}
        self._names.discard(_chosen_name(element) or "")

    def position(self, element: Element) -> int:
        """Return an element's position.

        Raises:
            PipelineError: RM703, it is not in the graph.
        """
        position = self._positions.get(id(element))
        if position is None:
            raise PipelineError(
                f"expected a node of this pipeline, got `{getattr(element, 'name', element)!s:.80}`",
                code="RM703",
                hint="`add` it first",
            )
        return position

    def sync(self, element: Element) -> Sync | None:
        """Return how an element merges, where the author said it."""
        return self._syncs.get(id(element))

    def flat(self) -> FlatGraph:
        """Dissolve the pipelines in this graph.

        The nodes of a pipeline have ids `<its name>/<id>`. An edge that leads to it leads to each of its nodes without
        input, one that leaves it leaves each of its nodes without output.

        Raises:
            PipelineError: RM703, a node or pipeline stands in the graph twice, or in itself; RM112, two have one name.
        """
        found = _flat(self, {id(self)})
        if len(set(found.ids)) < len(found.ids):
            raise duplicate_name(next(name for name in found.ids if found.ids.count(name) > 1))
        return found


def _flat(graph: Graph, seen: set[int]) -> FlatGraph:
    nodes: list[Node] = []
    ids: list[str] = []
    edges: list[Edge] = []
    syncs: list[Sync | None] = []
    ends: list[tuple[list[int], list[int]]] = []  # of each element the nodes that take and those that give
    for element, name in zip(graph.elements, _ids(graph), strict=True):
        key = id(element) if isinstance(element, Node) else id(element._built)  # noqa: SLF001 - see `Nested`
        if key in seen:
            raise _twice(element)
        seen.add(key)
        first = len(nodes)
        if isinstance(element, Node):
            nodes.append(element)
            ids.append(name)
            syncs.append(graph.sync(element))
            ends.append(([first], [first]))
            continue
        inner = _flat(element._built, seen)  # noqa: SLF001 - see `Nested`
        nodes += inner.nodes
        syncs += inner.syncs
        ids += [f"{name}/{each}" for each in inner.ids]
        edges += [edge._replace(source=edge.source + first, target=edge.target + first) for edge in inner.edges]
        taking = {edge.target for edge in inner.edges}
        giving = {edge.source for edge in inner.edges}
        places = range(len(inner.nodes))
        ends.append(
            (
                [first + place for place in places if place not in taking],
                [first + place for place in places if place not in giving],
            )
        )
    edges += _between(graph, ends)
    return FlatGraph(tuple(nodes), ids, edges, syncs)


def _between(graph: Graph, ends: list[tuple[list[int], list[int]]]) -> Iterator[Edge]:
    for edge in graph.edges:
        for source in ends[edge.source][1]:
            for target in ends[edge.target][0]:
                yield edge._replace(source=source, target=target)


def _ids(graph: Graph) -> list[str]:
    return assign_ids(
        (_chosen_name(element), type(element).__name__ if isinstance(element, Node) else element.name)
        for element in graph.elements
    )


def _chosen_name(element: Element) -> str | None:
    """Return the name that an author gave a node; a pipeline's name need not be the only one of its kind."""
    return chosen_name(element._captured) if isinstance(element, Node) else None  # noqa: SLF001 - captured for us


def _twice(element: Element) -> PipelineError:
    nested = not isinstance(element, Node)
    return PipelineError(
        f"expected each {'pipeline' if nested else 'node'} to be added once, got `{element.name}` again",
        code="RM703",
        hint="make another one" if nested else "draw further edges with `connect`",
    )


def _check_sync(element: Element, sync: object) -> None:
    if sync not in {"arrival", "pts"}:
        raise PipelineError(f"expected `sync` to be `arrival` or `pts`, got {sync!r:.40}", code="RM703")
    if not isinstance(element, Node):
        raise PipelineError(
            f"expected a node that merges, got the pipeline `{element.name}`",
            code="RM703",
            hint="give `sync` where the pipeline's own first node is added",
        )


def _after(position: int, gone: int) -> int:
    return position - (position > gone)
