"""Code of the project and of `remotemedia`: modules, classes, functions, and the objects that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from remotemedia.compiler._values._facts import External, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from remotemedia.compiler._scope import Scope
    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values._whole import Value
    from remotemedia.schemas.tables import NodeType

__all__ = [
    "ENUMS",
    "Bound",
    "Coroutine",
    "Function",
    "Instance",
    "LibraryClass",
    "LibraryObject",
    "Member",
    "Method",
    "Prepared",
    "ProjectClass",
    "ProjectModule",
    "Super",
]

ENUMS: Final = frozenset({
    "enum.Enum", "enum.Flag", "enum.IntEnum", "enum.IntFlag", "enum.StrEnum",
})  # fmt: skip
"""Classes from which enumerations are derived."""


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
        setter: of a property, what sets it.
    """

    name: str
    place: Place
    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    defaults: dict[str, Value] = field(default_factory=dict)
    owner: ProjectClass | None = None
    role: Literal["function", "staticmethod", "classmethod", "property", "lazy", "cached", "context"] = "function"
    setter: Function | None = None


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
    """A member of an enumeration of the project.

    Attributes:
        real: an `enum.Enum` that behaves alike, where the class does not say itself how its members behave.
    """

    cls: ProjectClass
    name: str
    value: Value
    real: Any = None


@dataclass(frozen=True, eq=False)
class Method:
    """An attribute of a value, about to be called."""

    receiver: Value
    name: str
