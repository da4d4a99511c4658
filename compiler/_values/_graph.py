"""What a program builds: nodes, edges, pipelines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values._code import LibraryClass, ProjectClass
    from remotemedia.compiler._values._whole import Value

__all__ = ["Declaration", "Edge", "NodeInstance", "PipelineInstance"]


@dataclass(eq=False)
class NodeInstance:
    """A node that the program makes.

    Attributes:
        arguments: what its constructor was given, by name, without defaults.
        places: where each of them stands.
        place: the call.
        sync: how it merges, where the program says it.
    """

    cls: LibraryClass | ProjectClass
    arguments: dict[str, Value]
    places: dict[str, Place]
    place: Place
    sync: str | None = None


@dataclass(frozen=True, eq=False)
class Edge:
    """An edge between two nodes of a pipeline, by position.

    Attributes:
        place: what draws it, the argument of `add` or the call of `connect`.
        places: where the ports that it names stand, by `from_port` and `to_port`.
    """

    source: int
    target: int
    from_port: str | None = None
    to_port: str | None = None
    place: Place | None = None
    places: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Declaration:
    """A parameter as a pipeline declares it: `p.param("rate", 16000)`."""

    default: Value
    description: Value
    place: Place


@dataclass(eq=False)
class PipelineInstance:
    """A pipeline that the program makes.

    Attributes:
        nodes: its elements, in the order they were added: nodes, and pipelines whose nodes are meant.
        edges: between these, by position.
        parameters: what it declares, by name; `redeclared` has every declaration.
        secrets: the names of those it declares, each with the place where.
        name: its first argument.
        place: the call.
        cls: its class, where that is one of the project.
        attributes: what such a class sets of its own.
        makers: the functions of the project that it was made in or returned from, the innermost first.
    """

    name: Value
    name_place: Place
    place: Place
    nodes: list[NodeInstance | PipelineInstance] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    parameters: dict[str, Declaration] = field(default_factory=dict)
    redeclared: list[tuple[str, Declaration]] = field(default_factory=list)
    secrets: dict[str, Place] = field(default_factory=dict)
    cls: ProjectClass | None = None
    attributes: dict[str, Value] = field(default_factory=dict)
    makers: list[str] = field(default_factory=list)
    _at: dict[int, int] = field(default_factory=dict, repr=False)

    def all_nodes(self) -> list[NodeInstance]:
        """Return its nodes, those of a pipeline in its place, each once."""
        found: dict[int, NodeInstance | PipelineInstance] = {}
        waiting: list[NodeInstance | PipelineInstance] = [self]
        while waiting:
            element = waiting.pop()
            if id(element) not in found:
                found[id(element)] = element
                waiting += reversed(element.nodes) if isinstance(element, PipelineInstance) else ()
        return [element for element in found.values() if isinstance(element, NodeInstance)]

    def position(self, node: NodeInstance | PipelineInstance) -> int | None:
        """Return where a node stands among the pipeline's, if it is one of them."""
        for at in range(len(self._at), len(self.nodes)):
            self._at[id(self.nodes[at])] = at
        return self._at.get(id(node))
