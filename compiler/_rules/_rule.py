"""What a rule is, and what it looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._rules._places import nodes_in, texts
from remotemedia.compiler._values import LibraryClass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from remotemedia._project import Project
    from remotemedia.compiler._diagnostic import Severity, Suggestion
    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values import Edge, NodeInstance, PipelineInstance, Scope
    from remotemedia.schemas.tables import NodeType

__all__ = ["ANY_ERROR", "GRAPH_ERRORS", "Finding", "Graph", "Rule", "StatedNode"]

ANY_ERROR: Final = ("RM",)
"""Errors that leave anything out of the manifest."""

GRAPH_ERRORS: Final = ("RM104", "RM105", "RM106", "RM110")
"""Errors that leave nodes or edges out of the graph."""

_DEFAULT_PORTS: Final = ("out", "in")


@dataclass(frozen=True)
class Finding:
    """What a rule found; its code and severity are the rule's.

    Attributes:
        message: what is wrong; lower case, without a full stop.
        place: where.
        label: what stands at the carets.
        notes: why, one sentence each.
        help: the remedy.
        related: other places that belong to it, each with its label.
        suggestion: the remedy as an edit, where it is safe and the only one.
        shared: whether it is about the program and not about one of its pipelines.
    """

    message: str
    place: Place
    label: str = ""
    notes: tuple[str, ...] = ()
    help: str | None = None
    related: tuple[tuple[Place, str], ...] = ()
    suggestion: Suggestion | None = None
    shared: bool = False


@dataclass(frozen=True, eq=False)
class StatedNode:
    """A node of the graph or of an argument, and what the manifest states of its arguments."""

    node: NodeInstance
    params: Mapping[str, Any]

    @property
    def builtin(self) -> NodeType | None:
        """The table's entry of a built-in node."""
        cls = self.node.cls
        return cls.node_type if isinstance(cls, LibraryClass) else None

    @cached_property
    def texts(self) -> list[tuple[str, str, str]]:
        """Every string that its constructor is given: the argument, the key in it or its name, and the string."""
        return [(name, key, text) for name, value in self.node.arguments.items() for key, text in texts(name, value)]


@dataclass(frozen=True, eq=False)
class Graph:
    """One pipeline, evaluated and stated, as the rules look at it.

    Attributes:
        pipeline: the pipeline that is compiled.
        nodes: its nodes and those of the pipelines in it, in the manifest's order.
        edges: between these, by position, in the manifest's order.
        manifest: what it states; a value that cannot stand in it is left out.
        project: its files.
        scope: the names of its file.
        made: all nodes that the program makes, in this pipeline or not.
        pipelines: all pipelines that the program makes.
    """

    pipeline: PipelineInstance
    nodes: Sequence[NodeInstance]
    edges: Sequence[Edge]
    manifest: Mapping[str, Any]
    project: Project
    scope: Scope
    made: Sequence[NodeInstance] = field(default=())
    pipelines: Sequence[PipelineInstance] = field(default=())

    @cached_property
    def before(self) -> list[list[int]]:
        """By node, the positions of those that an edge leads from."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for edge in self.edges:
            found[edge.target].append(edge.source)
        return found

    @cached_property
    def after(self) -> list[list[int]]:
        """By node, the positions of those that an edge leads to."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for edge in self.edges:
            found[edge.source].append(edge.target)
        return found

    @cached_property
    def stated(self) -> list[StatedNode]:
        """All nodes, those of the graph and those that stand in the arguments of others."""
        listed = zip(self.nodes, self.manifest["nodes"], strict=True)
        found = [StatedNode(node, described["params"]) for node, described in listed]
        for outer in found:  # it grows
            inner = [part for value in outer.node.arguments.values() for part in nodes_in(value)]
            described = list(_nodes_of(list(outer.params.values())))
            if len(inner) == len(described):  # otherwise an argument was left out because of an error
                found += [StatedNode(node, params) for node, params in zip(inner, described, strict=True)]
        return found

    def id(self, at: int) -> str:
        """Return a node's id."""
        return str(self.manifest["nodes"][at]["id"])

    def builtin(self, at: int) -> NodeType | None:
        """Return the table's entry of a built-in node, with the ports that its arguments name; None if they vary."""
        cls = self.nodes[at].cls
        entry = cls.node_type if isinstance(cls, LibraryClass) else None
        return entry.shaped(self.manifest["nodes"][at]["params"]) if entry is not None else None

    def ports(self, edge: Edge) -> tuple[str, str]:
        """Return the names of the ports that an edge joins."""
        return edge.from_port or _DEFAULT_PORTS[0], edge.to_port or _DEFAULT_PORTS[1]

    def place(self, edge: Edge) -> Place:
        """Return what draws an edge."""
        return edge.place or self.pipeline.place


def _nodes_of(value: Any) -> Iterator[Mapping[str, Any]]:
    """Give the arguments of the nodes that a part of a manifest states as arguments."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if value.keys() == {"$node"}:
                yield value["$node"]["params"]
                continue
            value = list(value.values())
        if isinstance(value, list):
            waiting += reversed(value)


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        code: its id in `errors.v1.json`, which has its title and remedy.
        severity: how grave what it finds is; only an error keeps a program from being compiled.
        explanation: why it is there, for `remotemedia help` and `docs/errors.md`.
        bad: a pipeline's file in which it finds something.
        good: the same without what is wrong.
        check: looks at a pipeline; None where the evaluation itself finds it.
        misled_by: the errors, by the beginning of their codes, because of which it would find what is not there.
    """

    code: str
    severity: Severity
    explanation: str
    bad: str
    good: str
    check: Callable[[Graph], Iterable[Finding]] | None = None
    misled_by: tuple[str, ...] = ()
