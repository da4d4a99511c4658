"""What kind a value is: `isinstance`, `type`, `callable`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._evaluate.arguments import given
from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._values import (
    ArrayValue,
    Builtin,
    External,
    FilePath,
    Function,
    Instance,
    Items,
    Known,
    LibraryClass,
    Member,
    NodeInstance,
    ProjectClass,
    Table,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from remotemedia.compiler._evaluate.arguments import Arguments
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["is_callable", "is_instance", "is_of", "type_of"]

_TYPES: Final[dict[str, type]] = {
    made.__name__: made
    for made in (
        bool, bytes, bytearray, complex, dict, float, frozenset, int, list, object, range, set, slice, str, tuple, type,
    )
}  # fmt: skip


def is_instance(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Call `isinstance`."""
    found = given(arguments, 2, 2)
    if found is None:
        return None
    value, classes = found[0]
    is_tuple = isinstance(classes, Items) and classes.kind == "tuple"
    listed = collected(ev, classes, node) if is_tuple else [classes]
    answers = [is_of(value, cls) for cls in listed]
    if True in answers:
        return Known(True)  # noqa: FBT003 - a value, not a flag
    return None if None in answers else Known(False)  # noqa: FBT003 - a value, not a flag


def is_of(value: Value, cls: Value) -> bool | None:  # noqa: C901, PLR0911, PLR0912 - one a kind of value
    """Return whether a value is an instance of a class, if that is known."""
    made = _TYPES.get(cls.name) if isinstance(cls, Builtin) else None
    match value:
        case _ if made is object:
            return True
        case Known() if made is not None:
            return isinstance(value.value, made)
        case Items(kind=kind) if made is not None:
            return kind in _TYPES and issubclass(_TYPES[kind], made)
        case Table() if made is not None:
            return made in {dict, object}
        case Member() if made is not None:
            return None if value.real is None else isinstance(value.real, made)
        case Member(cls=owner) if isinstance(cls, ProjectClass):
            return cls in owner.mro
        case FilePath():
            return (
                isinstance(cls, External) and cls.name in {"pathlib.Path", "pathlib.PurePath"}
                if made is None
                else False
            )
        case ArrayValue():
            return isinstance(cls, External) and cls.name == "numpy.ndarray" if made is None else False
        case Instance(cls=owner) if made is not None:
            return made is tuple and owner.is_tuple
        case Instance(cls=owner):
            return True if any(base is cls for base in owner.mro) else _is_never(cls)
        case NodeInstance() if isinstance(cls, (ProjectClass, LibraryClass)):
            line = value.cls.mro if isinstance(value.cls, ProjectClass) else [value.cls]
            known = all(isinstance(base, (ProjectClass, LibraryClass)) for base in line)
            return cls in line or cls.name == "Node" or (False if known else None)
        case NodeInstance() if made is not None:
            return False
        case Known() | Items() | Table():
            return _is_never(cls)
    return None


def _is_never(cls: Value) -> bool | None:
    """Return False for a class whose instances are only those of classes derived from it; None for others."""
    if isinstance(cls, LibraryClass):
        return False
    line = cls.mro if isinstance(cls, ProjectClass) else [cls]
    own = all(isinstance(base, ProjectClass) or (isinstance(base, Builtin) and base.name == "object") for base in line)
    return False if own else None


def type_of(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Call `type` with one argument."""
    found = given(arguments, 1, 1)
    match found[0] if found is not None else []:
        case [Known(value=value)] if _TYPES.get(type(value).__name__) is type(value):
            return Builtin(type(value).__name__)
        case [Items(kind=kind)] if kind in _TYPES:
            return Builtin(kind)
        case [Table(kind="dict")]:
            return Builtin("dict")
        case [NodeInstance(cls=cls)]:
            return cls
    return None


def is_callable(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Call `callable`."""
    match arguments.given:
        case (argument,) if isinstance(argument.value, (Function, Builtin, ProjectClass, LibraryClass)):
            return Known(True)  # noqa: FBT003 - a value, not a flag
        case (argument,) if isinstance(argument.value, (Known, Items, Table, FilePath)):
            return Known(False)  # noqa: FBT003 - a value, not a flag
    return None
