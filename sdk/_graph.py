"""The graph that an author builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from remotemedia._ids import duplicate_name
from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.node import Node

__all__ = ["Edge", "Graph"]


class Edge(NamedTuple):
    """An edge between two nodes, by position; a port is None where the author named none."""

    source: int
    target: int
    from_port: str | None = None
    to_port: str | None = None


class Graph:
    """Nodes and edges in the order they were made; nodes are told apart by identity."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self._positions: dict[int, int] = {}
        self._names: set[str] = set()

    def add(self, node: Node, before: Sequence[Node], name: str | None) -> None:
        """Add a node with edges from others, under the name its author chose, if any.

        Raises:
            PipelineError: RM703, it was added already, or another is not in the graph; RM112, the name is taken.
        """
        if id(node) in self._positions:
            raise PipelineError(
                f"expected each node to be added once, got `{node.name}` again",
                code="RM703",
                hint="draw further edges with `connect`",
            )
        edges = [Edge(self.position(other), len(self.nodes)) for other in before]
        if name is not None:
            if name in self._names:
                raise duplicate_name(name)
            self._names.add(name)
        self._positions[id(node)] = len(self.nodes)
        self.nodes.append(node)
        self.edges.extend(edges)

    def position(self, node: Node) -> int:
        """Return a node's position.

        Raises:
            PipelineError: RM703, it is not in the graph.
        """
        position = self._positions.get(id(node))
        if position is None:
            raise PipelineError(
                f"expected a node of this pipeline, got `{getattr(node, 'name', node)!s:.80}`",
                code="RM703",
                hint="`add` it first",
            )
        return position
