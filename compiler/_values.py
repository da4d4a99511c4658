"""What an expression is known to be without running the program.

Containers are compared by identity and changed in place, as Python's own are: two names of one list see each other's
changes. What the evaluator cannot follow makes a value `Unknown`, or a container `lost`, and says because of what.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from remotemedia.compiler._bounds import MAX_ITEMS
from remotemedia.compiler._scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import PurePath

    import libcst as cst

    from remotemedia.compiler._source import Place
    from remotemedia.schemas.tables import NodeType

__all__ = [
    "ENUMS",
    "ArrayValue",
    "Bound",
    "Builtin",
    "Coroutine",
    "Declaration",
    "Declared",
    "Edge",
    "External",
    "FilePath",
    "Function",
    "Instance",
    "Items",
    "Iteration",
    "Known",
    "LibraryClass",
    "LibraryObject",
    "Link",
    "Live",
    "Member",
    "Memory",
    "Method",
    "NodeInstance",
    "NotPlainError",
    "OpenFile",
    "PipelineInstance",
    "Prepared",
    "ProjectClass",
    "ProjectModule",
    "Scope",
    "Super",
    "Table",
    "Unknown",
    "Value",
    "View",
    "contained",
    "copied",
    "plain",
    "size_of",
]


@dataclass(frozen=True, eq=False)
class Known:
    """A scalar that cannot change."""

    value: Any


@dataclass(frozen=True, eq=False)
class Link:
    """One step on the way of an unknown value: `what` completes "in line 12, …", such as "sets `rate`"."""

    what: str
    place: Place


@dataclass(frozen=True, eq=False)
class Unknown:
    """Anything.

    Attributes:
        because: completes the sentence "it depends on …".
        place: what is to blame.
        foreign: whether it comes from outside the project, or from nowhere: as a node's class it cannot be found.
        reported: whether a finding says already that it does not exist.
        way: how it came from its source to where it is used, the last step last.
        code: of the finding that it leads to, RM107 where absent.
        graph: the pipeline that it may be, or a node like that it may be.
    """

    because: str
    place: Place | None = None
    foreign: bool = False
    reported: bool = False
    way: tuple[Link, ...] = ()
    code: str | None = None
    graph: NodeInstance | PipelineInstance | None = None

    @property
    def chain(self) -> tuple[Link, ...]:
        """The steps from where it is used back to its source, which is the last: "reads `sys.argv`"."""
        source = (Link(f"comes from {self.because}", self.place),) if self.place is not None else ()
        return (*reversed(self.way), *source)

    @property
    def remedy(self) -> str | None:
        """What the author may do about its source, if that is one of the usual ones."""
        source = self.because.partition("`")[2].partition("`")[0]
        return next((remedy for names, remedy in _REMEDIES if source.startswith(names)), None)

    def set_to(self, name: str, place: Place) -> Unknown:
        """Return the same, bound to a name at a place."""
        if len(self.way) == _MAX_LINKS or self.place is None:
            return self
        return replace(self, way=(*self.way, Link(f"sets `{name}`", place)))


ENUMS: Final = frozenset({
    "enum.Enum", "enum.Flag", "enum.IntEnum", "enum.IntFlag", "enum.StrEnum",
})  # fmt: skip
"""Classes from which enumerations are derived."""

_MAX_LINKS: Final = 8
_DECLARE: Final = 'declare it: `p.param("rate", 16000)`, and override it with `run --set rate=…`'
_REMEDIES: Final = (
    (("sys.argv", "sys.stdin", "input", "argparse.", "click.", "typer.", "getopt."), _DECLARE),
    (("os.environ", "os.getenv"), '`p.secret("NAME")` for secrets, `p.param("rate", 16000)` for settings'),
    (
        ("random.", "time.", "datetime.", "uuid.", "secrets.", "numpy.random", "os.getpid", "os.urandom"),
        "compute it inside a node",
    ),
)


@dataclass(eq=False)
class Items:
    """A list, tuple, set or frozenset; of the last two each item stands once, in no order that may be relied on."""

    kind: Literal["list", "tuple", "set", "frozenset"]
    items: list[Value]
    lost: Unknown | None = None


@dataclass(eq=False)
class Table:
    """A dict, in the order of insertion, or one of its kinds in `collections`.

    Attributes:
        entries: by key: its Python object, or for what equals only itself the value.
        missing: what makes the item of a key that is not there: a function, or the item itself of a `Counter`.
    """

    entries: dict[Any, Value]
    lost: Unknown | None = None
    kind: Literal["dict", "Counter", "OrderedDict", "defaultdict"] = "dict"
    missing: Value | None = None


@dataclass(eq=False)
class Iteration:
    """An iterator, such as `zip(…)` gives: each value is given once, and made only when it is asked for.

    Attributes:
        values: what is still to come; it raises `NotPlainError` where that is not known.
        over: the containers and functions that it reads.
        context: whether it is made by a generator function that `contextlib` has made a context manager.
    """

    values: Iterator[Value]
    over: tuple[Value, ...] = ()
    lost: Unknown | None = None
    context: bool = False


@dataclass(frozen=True, eq=False)
class View:
    """What `keys`, `values` and `items` of a dict give: the dict as it is when one looks."""

    table: Table
    part: Literal["keys", "values", "items"]

    @property
    def lost(self) -> Unknown | None:
        """Why its items are not known any more."""
        return self.table.lost


@dataclass(eq=False)
class Memory:
    """What several arrays may share; a change of one is seen by all."""

    lost: Unknown | None = None


@dataclass(eq=False)
class ArrayValue:
    """A numpy array, as it is in the running program."""

    array: Any
    memory: Memory = field(default_factory=Memory)

    @property
    def lost(self) -> Unknown | None:
        """Why its elements are not known any more."""
        return self.memory.lost

    @lost.setter
    def lost(self, why: Unknown | None) -> None:
        self.memory.lost = why


@dataclass(eq=False)
class OpenFile:
    """A file of the project that is open for reading.

    Attributes:
        stream: its content, read whole when it was opened.
        name: how the program named it.
    """

    stream: Any
    name: str
    lost: Unknown | None = None


@dataclass(frozen=True, eq=False)
class Declared:
    """A parameter or secret that a pipeline declares; its value is not known before a run."""

    kind: Literal["parameter", "secret"]
    name: str


@dataclass(frozen=True, eq=False)
class LibraryObject:
    """An instance of a frozen dataclass of `remotemedia`.

    Attributes:
        entry: the class, `module:Class`.
        fields: all fields that the constructor takes, by name.
        places: where those stand that were given.
    """

    entry: str
    fields: dict[str, Value]
    places: dict[str, Place]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A function that was made by one of the standard library, such as `itemgetter(1)` or `partial(f, 2)`.

    Attributes:
        name: what it is called in messages.
        function: called with the evaluator, the arguments and the call.
        over: the values that it holds.
    """

    name: str
    function: Callable[..., Value | None]
    over: tuple[Value, ...] = ()


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
        members: of an enumeration, by name; aliases as well.
    """

    qualname: str
    place: Place
    node: cst.ClassDef
    own: Scope
    mro: list[Value]
    is_dataclass: bool = False
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The class's bare name, which is the type of its nodes."""
        return self.qualname.rpartition(".")[2]

    @property
    def is_node(self) -> bool:
        """Whether instances are nodes."""
        return any(isinstance(base, LibraryClass) and base.name != "Pipeline" for base in self.mro)

    @property
    def is_enum(self) -> bool:
        """Whether it is an enumeration."""
        return any(isinstance(base, External) and base.name in ENUMS for base in self.mro)

    @property
    def is_tuple(self) -> bool:
        """Whether it is a `NamedTuple`."""
        return any(isinstance(base, External) and base.name == "typing.NamedTuple" for base in self.mro)

    def find(self, name: str) -> Value | None:
        """Return what the class or one of its bases defines; None, or Unknown where a base is not known."""
        for base in self.mro:
            if isinstance(base, ProjectClass):
                if name in base.own.names:
                    return base.own.names[name]
            elif isinstance(base, Unknown):
                return base
        return None


@dataclass(frozen=True, eq=False)
class Function:
    """A function or lambda of the project.

    Attributes:
        scope: where it was defined: names that are not its own are looked up there.
        defaults: of its parameters, as they were when it was defined.
        owner: the class in whose body it stands; `super()` begins behind it.
        role: what a decorator made of it; `lazy` is a property that is computed once.
    """

    name: str
    place: Place
    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    defaults: dict[str, Value] = field(default_factory=dict)
    owner: ProjectClass | None = None
    role: Literal["function", "staticmethod", "classmethod", "property", "lazy", "cached", "context"] = "function"


@dataclass(frozen=True, eq=False)
class Bound:
    """A function as a method of an instance or class, which is its first argument."""

    function: Function
    receiver: Value


@dataclass(frozen=True, eq=False)
class Super:
    """`super()`: what the bases of `receiver` define behind `owner`."""

    owner: ProjectClass
    receiver: Value


@dataclass(eq=False)
class Coroutine:
    """A call of an `async` function, which runs when it is awaited; `run` gives what it returns."""

    function: Function
    run: Callable[[], Value]
    over: tuple[Value, ...] = ()
    done: bool = False


@dataclass(eq=False)
class Instance:
    """An object of a class of the project that is no node; `attributes` are its own, in the order they were set."""

    cls: ProjectClass
    place: Place
    attributes: dict[str, Value] = field(default_factory=dict)
    lost: Unknown | None = None


@dataclass(frozen=True, eq=False)
class Member:
    """A member of an enumeration of the project."""

    cls: ProjectClass
    name: str
    value: Value


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
    | Bound
    | Super
    | Coroutine
    | Instance
    | Member
    | Method
    | NodeInstance
    | PipelineInstance
    | ArrayValue
    | Declared
    | Iteration
    | LibraryObject
    | OpenFile
    | Prepared
    | View
)


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
        case ArrayValue(lost=None):
            return value.array
        case Items(lost=None, kind="list"):
            return [_plain(item, budget, depth + 1) for item in value.items]
        case Items(lost=None, kind="tuple"):
            return tuple(_plain(item, budget, depth + 1) for item in value.items)
        case Table(lost=None, kind="dict"):
            return {key: _plain(item, budget, depth + 1) for key, item in value.entries.items()}
        case Items(lost=Unknown() as lost) | Table(lost=Unknown() as lost) | ArrayValue(lost=Unknown() as lost):
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
            table = done[id(value)] = Table({}, value.lost, value.kind, value.missing)
            table.entries |= {key: copied(item, done) for key, item in value.entries.items()}
            return table
    return value


def size_of(value: Value) -> int:
    """Return how much a value holds itself: items, or eights of characters."""
    match value:
        case Items():
            return len(value.items)
        case Table():
            return len(value.entries)
        case Known(value=str() | bytes() as text):
            return len(text) // 8
        case Known(value=int() as number):
            return number.bit_length() // 64
    return 0


def contained(value: Value) -> Iterator[Value]:  # noqa: C901 - one a kind of value
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
            waiting.extend(() if value.missing is None else (value.missing,))
        elif isinstance(value, (Method, Bound, Super)):
            waiting.append(value.receiver)
            if isinstance(value, Bound):
                waiting.append(value.function)
        elif isinstance(value, (Instance, PipelineInstance)):
            waiting.extend(value.attributes.values())
        elif isinstance(value, Coroutine):
            waiting.extend((value.function, *value.over))
        elif isinstance(value, (Iteration, Prepared)):
            waiting.extend(value.over)
        elif isinstance(value, View):
            waiting.append(value.table)
        elif isinstance(value, LibraryObject):
            waiting.extend(value.fields.values())
        elif isinstance(value, Unknown) and value.graph is not None:
            waiting.append(value.graph)
