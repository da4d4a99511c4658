"""Whether a value may be what an annotation says; in doubt it may."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._library import resolve
from remotemedia.compiler._tree import dotted_name
from remotemedia.compiler._values import (
    ArrayValue,
    Bound,
    Builtin,
    External,
    FilePath,
    Function,
    Instance,
    Items,
    Known,
    LibraryClass,
    Live,
    Member,
    NodeInstance,
    NotPlainError,
    ProjectClass,
    Table,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler._scope import Scope
    from remotemedia.compiler._values import Value

__all__ = ["described", "fits"]

_MAX_DEPTH: Final = 16  # of annotations inside one another
_MAX_TEXT: Final = 500  # characters of an annotation in quotes
_LOOKED_AT: Final = 100  # items of a container

_CONTAINER: Final = frozenset({"Collection", "Container", "Iterable", "Sized"})
_SEQUENCE: Final = _CONTAINER | {"Reversible", "Sequence"}
_KINDS: Final[dict[type, frozenset[str]]] = {
    type(None): frozenset({"None"}),
    bool: frozenset({"bool", "complex", "float", "int"}),  # PEP 484's numeric tower
    int: frozenset({"complex", "float", "int"}),
    float: frozenset({"complex", "float"}),
    complex: frozenset({"complex"}),
    str: _SEQUENCE | {"str"},
    bytes: _SEQUENCE | {"ByteString", "Buffer", "bytes"},
    list: _SEQUENCE | {"MutableSequence", "list"},
    tuple: _SEQUENCE | {"tuple"},
    set: _CONTAINER | {"AbstractSet", "MutableSet", "Set", "set"},
    frozenset: _CONTAINER | {"AbstractSet", "Set", "frozenset"},
    dict: _CONTAINER | {"Mapping", "MutableMapping", "Reversible", "dict"},
}
"""What an instance of a type may be called in an annotation."""

_PATH: Final = frozenset({"Path", "PathLike", "PurePath"})
_TYPING: Final = {"Dict": "dict", "FrozenSet": "frozenset", "List": "list", "Text": "str", "Tuple": "tuple"}
_MODULES: Final = frozenset({"collections.abc", "os", "pathlib", "typing", "typing_extensions"})
_JUDGED: Final = frozenset[str]().union(*_KINDS.values(), _PATH, {"Callable", "ndarray"})
_CLOSED: Final = frozenset({
    "abc.ABC", "enum.Enum", "enum.Flag", "enum.IntEnum", "enum.IntFlag", "enum.StrEnum", "int", "object", "str",
})  # fmt: skip
"""Bases from outside the project under which a class has no instances but its own."""

_SHOWN: Final = 40  # characters of a value in a message
_WRAPPERS: Final = frozenset({"Annotated", "ClassVar", "Final", "ReadOnly", "Required"})


def fits(value: Value, annotation: cst.BaseExpression, scope: Scope, depth: int = 0) -> bool:
    """Return whether a value may be what an annotation says.

    Args:
        value: what is passed.
        annotation: a type, as PEP 484, 586, 593 and 604 write them.
        scope: where its names are looked up.
        depth: how many annotations this one stands in.
    """
    if depth > _MAX_DEPTH:
        return True
    match annotation:
        case cst.SimpleString() | cst.ConcatenatedString():
            parsed = _parsed(annotation.evaluated_value)
            return parsed is None or fits(value, parsed, scope, depth + 1)
        case cst.BinaryOperation(operator=cst.BitOr()):
            return fits(value, annotation.left, scope, depth + 1) or fits(value, annotation.right, scope, depth + 1)
        case cst.Subscript():
            return _fits_subscript(value, annotation, scope, depth + 1)
        case cst.Name() | cst.Attribute():
            return _fits_name(value, annotation, scope)
    return True


def described(value: Value) -> str:
    """Return what a value is called in a message: as it is written where that is short, otherwise its class."""
    match value:
        case Member(cls=cls, name=name):
            return f"`{cls.name}.{name}`"
        case Instance(cls=cls) | NodeInstance(cls=cls):
            return f"a `{cls.name}`"
        case FilePath():
            return "a `Path`"
        case ArrayValue():
            return "a numpy array"
        case Known() | Items() | Table():
            return _written(value)
    return "a function"


def _written(value: Known | Items | Table) -> str:
    kind = (
        value.kind if isinstance(value, Items) else "dict" if isinstance(value, Table) else type(value.value).__name__
    )
    try:
        shown = repr(plain(value))
    except NotPlainError:
        return f"a `{kind}`"
    return f"`{shown}`" if len(shown) <= _SHOWN else f"a `{kind}`"


def _parsed(text: str | bytes | None) -> cst.BaseExpression | None:
    if not isinstance(text, str) or len(text) > _MAX_TEXT:
        return None
    try:
        return cst.parse_expression(text)
    except (cst.ParserSyntaxError, RecursionError):
        return None


def _fits_name(value: Value, annotation: cst.Name | cst.Attribute, scope: Scope) -> bool:
    dotted = dotted_name(annotation)
    target = resolve(scope, dotted)
    if isinstance(target, ProjectClass):
        return _fits_class(value, target)
    name = _kind_of(target, dotted)
    if name not in _JUDGED:
        return True
    kinds = _kinds(value)
    return kinds is None or name in kinds


def _kind_of(target: Value | None, dotted: str | None) -> str | None:
    """Return the bare name of a type that is judged, `int` or `Sequence`; None for all others."""
    match target:
        case None if dotted == "None" or (dotted is not None and isinstance(getattr(builtins, dotted, None), type)):
            return dotted
        case Builtin(name=name):
            return name
        case External(name="numpy.ndarray"):
            return "ndarray"
        case External(name=name) if name.rpartition(".")[0] in _MODULES:
            bare = name.rpartition(".")[2]
            return _TYPING.get(bare, bare)
    return None


def _kinds(value: Value) -> frozenset[str] | None:  # noqa: PLR0911 - one a kind of value
    """Return what a value may be called in an annotation; None where that is not known."""
    match value:
        case Known(value=scalar):
            return _KINDS.get(type(scalar))
        case Items(lost=None, kind=kind):
            return _KINDS[{"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind]]
        case Table(lost=None):
            return _KINDS[dict]
        case FilePath():
            return _PATH
        case ArrayValue(lost=None):
            return frozenset({"ndarray", *_CONTAINER})
        case Function() | Bound() | Live(what="a lambda"):
            return frozenset({"Callable"})
        case Member(cls=cls) if not _is_open(cls):
            mixed = [base.name for base in cls.mro if isinstance(base, (Builtin, External))]
            kinds = {"enum.IntEnum": int, "enum.IntFlag": int, "enum.StrEnum": str, "int": int, "str": str}
            return frozenset[str]().union(*(_KINDS[kinds[name]] for name in mixed if name in kinds))
        case NodeInstance():
            return None if isinstance(value.cls, LibraryClass) or "__call__" in _methods(value.cls) else frozenset()
    return None


def _fits_class(value: Value, target: ProjectClass) -> bool:
    """Return whether a value may be an instance of a class of the project."""
    match value:
        case Instance(cls=cls) | Member(cls=cls) | NodeInstance(cls=ProjectClass() as cls):
            return target in cls.mro or _is_open(cls) or _is_open(target)
        case Known() | Items() | Table() | FilePath() | ArrayValue():
            return _is_open(target)
    return True


def _is_open(cls: ProjectClass) -> bool:
    """Return whether a class has bases, such as `Protocol` or `TypedDict`, that make others its instances."""
    for base in cls.mro:
        named = isinstance(base, (External, Builtin)) and base.name in _CLOSED
        if not named and not isinstance(base, (ProjectClass, LibraryClass)):
            return True
    return False


def _methods(cls: ProjectClass) -> set[str]:
    return {name for base in cls.mro if isinstance(base, ProjectClass) for name in base.own.names}


def _fits_subscript(value: Value, annotation: cst.Subscript, scope: Scope, depth: int) -> bool:
    arguments = [item.slice.value for item in annotation.slice if isinstance(item.slice, cst.Index)]
    bare = (dotted_name(annotation.value) or "").rpartition(".")[2]
    match bare:
        case "Optional" | "Union":
            none = bare == "Optional" and isinstance(value, Known) and value.value is None
            return none or any(fits(value, argument, scope, depth) for argument in arguments)
        case "Literal":
            return _fits_literal(value, arguments)
        case _ if bare in _WRAPPERS:
            return fits(value, arguments[0], scope, depth)
    if isinstance(annotation.value, (cst.Name, cst.Attribute)) and not _fits_name(value, annotation.value, scope):
        return False
    return _fit_items(value, arguments, scope, depth)


def _fit_items(value: Value, arguments: Sequence[cst.BaseExpression], scope: Scope, depth: int) -> bool:
    """Return whether what a container holds fits; of a long one, its beginning."""
    match value, arguments:
        case Items(kind="tuple", items=items), [one, cst.Ellipsis()]:
            pairs: list[tuple[Value, cst.BaseExpression]] = [(item, one) for item in items]
        case Items(kind="tuple", items=items), [_, *_] if len(arguments) > 1:
            if len(items) != len(arguments):
                return False
            pairs = list(zip(items, arguments, strict=True))
        case Items(items=items), [one]:
            pairs = [(item, one) for item in items]
        case Table(entries=entries), [key, item]:
            pairs = [(Known(name), key) for name in entries] + [(each, item) for each in entries.values()]
        case _:
            return True
    return all(fits(part, annotation, scope, depth) for part, annotation in pairs[:_LOOKED_AT])


def _fits_literal(value: Value, arguments: Sequence[cst.BaseExpression]) -> bool:
    """Return whether a value is one of those of `Literal[…]`; members of enumerations are not looked at."""
    allowed: list[Any] = []
    for argument in arguments:
        match argument:
            case cst.SimpleString() | cst.Integer():
                allowed.append(argument.evaluated_value)
            case cst.Name(value="True" | "False" | "None" as name):
                allowed.append({"True": True, "False": False, "None": None}[name])
            case _:
                return True
    if not isinstance(value, Known):
        return _kinds(value) is None
    return any(type(value.value) is type(each) and value.value == each for each in allowed)
