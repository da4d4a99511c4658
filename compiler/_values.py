"""What an expression is known to be without running the program.

Containers are compared by identity and changed in place, as Python's own are: two names of one list see each other's
changes. What the evaluator cannot follow makes a value `Unknown`, or a container `lost`, and says because of what.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from remotemedia.compiler._bounds import MAX_ITEMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePath

    import libcst as cst

    from remotemedia.compiler._source import Place
    from remotemedia.schemas.tables import NodeType

__all__ = [
    "Builtin",
    "Edge",
    "External",
    "FilePath",
    "Function",
    "Items",
    "Known",
    "LibraryClass",
    "Live",
    "Method",
    "NodeInstance",
    "NotPlainError",
    "PipelineInstance",
    "ProjectClass",
    "ProjectModule",
    "Scope",
    "Table",
    "Unknown",
    "Value",
    "contained",
    "copied",
    "plain",
]


@dataclass(frozen=True, eq=False)
class Known:
    """A scalar that cannot change."""

    value: Any


@dataclass(frozen=True, eq=False)
class Unknown:
    """Anything.

    Attributes:
        because: completes the sentence "it depends on …".
        place: what is to blame.
        foreign: whether it comes from outside the project, or from nowhere: as a node's class it cannot be found.
        reported: whether a finding says already that it does not exist.
    """

    because: str
    place: Place | None = None
    foreign: bool = False
    reported: bool = False


@dataclass(eq=False)
class Items:
    """A list, tuple or set."""

    kind: Literal["list", "tuple", "set"]
    items: list[Value]
    lost: Unknown | None = None


@dataclass(eq=False)
class Table:
    """A dict, in the order of insertion; keys are scalars."""

    entries: dict[Any, Value]
    lost: Unknown | None = None


@dataclass(frozen=True, eq=False)
class FilePath:
    """A `pathlib` path."""

    path: PurePath


@dataclass(frozen=True, eq=False)
class Builtin:
    """One of Python's built-in functions and classes."""

    name: str


@dataclass(frozen=True, eq=False)
class External:
    """A module from outside the project, or something in it, by dotted name."""

    name: str
    place: Place | None = None


@dataclass(frozen=True, eq=False)
class Live:
    """An object that exists only while the program runs; `what` completes "got …"."""

    what: str


@dataclass(frozen=True, eq=False)
class LibraryClass:
    """`Node`, `Pipeline` or a built-in node of `remotemedia`; only the last has a `node_type`."""

    name: str
    node_type: NodeType | None = None


@dataclass(frozen=True, eq=False)
class ProjectModule:
    """A module of the project by dotted name; `scope` fills while it is evaluated."""

    name: str
    scope: Scope


@dataclass(eq=False)
class ProjectClass:
    """A class of the project.

    Attributes:
        qualname: its name inside its module.
        mro: itself and its bases in the order of lookup (C3); a base that is not known is `Unknown` or `External`.
        own: what its body defined.
        is_dataclass: whether its constructor is made from its fields.
    """

    qualname: str
    place: Place
    node: cst.ClassDef
    own: Scope
    mro: list[Value]
    is_dataclass: bool = False

    @property
    def name(self) -> str:
        """The class's bare name, which is the type of its nodes."""
        return self.qualname.rpartition(".")[2]

    @property
    def is_node(self) -> bool:
        """Whether instances are nodes."""
        return any(isinstance(base, LibraryClass) and base.name != "Pipeline" for base in self.mro)


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the project, which is not followed; `scope` is where it was defined."""

    name: str
    place: Place
    node: cst.FunctionDef
    scope: Scope


@dataclass(frozen=True, eq=False)
class Method:
    """An attribute of a value, about to be called."""

    receiver: Value
    name: str


@dataclass(eq=False)
class NodeInstance:
    """A node that the program makes.

    Attributes:
        arguments: what its constructor was given, by name, without defaults.
        places: where each of them stands.
        place: the call.
    """

    cls: LibraryClass | ProjectClass
    arguments: dict[str, Value]
    places: dict[str, Place]
    place: Place


@dataclass(frozen=True, eq=False)
class Edge:
    """An edge between two nodes of a pipeline, by position."""

    source: int
    target: int
    from_port: str | None = None
    to_port: str | None = None


@dataclass(eq=False)
class PipelineInstance:
    """A pipeline that the program makes; `place` is the call, `name` its first argument."""

    name: Value
    name_place: Place
    place: Place
    nodes: list[NodeInstance] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def position(self, node: NodeInstance) -> int | None:
        """Return where a node stands among the pipeline's, if it is one of them."""
        return next((at for at, other in enumerate(self.nodes) if other is node), None)


Value: TypeAlias = (
    Known
    | Unknown
    | Items
    | Table
    | FilePath
    | Builtin
    | External
    | Live
    | LibraryClass
    | ProjectModule
    | ProjectClass
    | Function
    | Method
    | NodeInstance
    | PipelineInstance
)


class Scope:
    """Names of a module or class body, and of what encloses it."""

    def __init__(self, outer: Scope | None = None) -> None:
        self.names: dict[str, Value] = {}
        self.outer = outer
        self.others: Unknown | None = None  # a `from … import *` that may define anything

    @property
    def module(self) -> Scope:
        """The scope of the module that this one is in: the one that functions see."""
        return self if self.outer is None else self.outer.module

    def find(self, name: str) -> Value | None:
        """Return what a name stands for, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            if scope.others is not None:
                return scope.others
            scope = scope.outer
        return None


_MAX_DEPTH: Final = 64  # of containers inside one another


class NotPlainError(Exception):
    """A value has no place among plain data; `value` is the part at fault."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


def plain(value: Value) -> Any:
    """Return a value as the Python object it stands for.

    Raises:
        NotPlainError: it is, or contains, something that is no plain data or is not known.
    """
    return _plain(value, [MAX_ITEMS], 0)


def _plain(value: Value, budget: list[int], depth: int) -> Any:
    budget[0] -= 1
    if budget[0] < 0 or depth > _MAX_DEPTH:  # a list may hold itself, or one list twice, and that one another twice …
        raise NotPlainError(Unknown("a container that is too large"))
    match value:
        case Known():
            return value.value
        case FilePath():
            return value.path
        case Items(lost=None, kind="list"):
            return [_plain(item, budget, depth + 1) for item in value.items]
        case Items(lost=None, kind="tuple"):
            return tuple(_plain(item, budget, depth + 1) for item in value.items)
        case Table(lost=None):
            return {key: _plain(item, budget, depth + 1) for key, item in value.entries.items()}
        case Items(lost=Unknown() as lost) | Table(lost=Unknown() as lost):
            raise NotPlainError(lost)
    raise NotPlainError(value)


def copied(value: Value, done: dict[int, Value] | None = None) -> Value:
    """Copy containers, as a node does with its arguments: later changes do not reach them."""
    done = {} if done is None else done
    if id(value) in done:
        return done[id(value)]
    match value:
        case Items():
            items = done[id(value)] = Items(value.kind, [], value.lost)
            items.items.extend(copied(item, done) for item in value.items)
            return items
        case Table():
            table = done[id(value)] = Table({}, value.lost)
            table.entries |= {key: copied(item, done) for key, item in value.entries.items()}
            return table
    return value


def contained(value: Value) -> Iterator[Value]:
    """Give a value and all that its containers hold, each once."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        if isinstance(value, Items):
            waiting.extend(value.items)
        elif isinstance(value, Table):
            waiting.extend(value.entries.values())
        elif isinstance(value, Method):
            waiting.append(value.receiver)
