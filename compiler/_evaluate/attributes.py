"""Attributes and items of values that hold no code of the project."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._bounds import MAX_ITEMS
from remotemedia.compiler._evaluate.arguments import Arguments
from remotemedia.compiler._evaluate.arrays import array_attribute, array_item, set_array_item
from remotemedia.compiler._evaluate.computing import FAILURES
from remotemedia.compiler._evaluate.lifting import identity, lifted
from remotemedia.compiler._evaluate.paths import path_attribute
from remotemedia.compiler._values import (
    ArrayValue,
    Builtin,
    FilePath,
    Function,
    Items,
    Known,
    LibraryClass,
    LibraryObject,
    NotPlainError,
    ProjectClass,
    RecordField,
    Table,
    Value,
    plain,
)

if TYPE_CHECKING:
    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["attribute_of_value", "delete_item", "item_of", "set_item"]

_OF_SCALARS: Final = frozenset({
    "bits", "days", "denominator", "dtype", "eps", "imag", "itemsize", "kind", "max", "microseconds", "min", "name",
    "ndim", "numerator", "real", "seconds", "shape", "size", "start", "step", "stop", "str", "tiny",
})  # fmt: skip
"""Attributes of numbers, ranges, slices and time spans that are values."""


def attribute_of_value(  # noqa: PLR0911 - one a kind of value
    value: Value, attr: str
) -> Value | None:
    """Return an attribute that is a value itself; None for a method, and what is not known."""
    match value:
        case FilePath():
            return path_attribute(value, attr)
        case ArrayValue():
            return array_attribute(value, attr)
        case LibraryObject():
            return value.fields.get(attr)
        case Known() if attr in _OF_SCALARS and not isinstance(value.value, (str, bytes)):
            return lifted(getattr(value.value, attr, None)) if hasattr(value.value, attr) else None
        case Builtin(name=name) | Function(name=name) if attr in {"__name__", "__qualname__"}:
            return Known(name) if "." not in name else None
        case RecordField() if attr == "name":
            return Known(value.name)
        case ProjectClass() | LibraryClass() if attr == "__name__":
            return Known(value.name)
        case ProjectClass() if attr == "__qualname__":
            return Known(value.qualname)
        case ProjectClass() if attr == "__module__":
            return value.own.module.names.get("__name__")
    return None


def item_of(ev: Evaluator, value: Value, key: Value, node: cst.CSTNode) -> Value | None:
    """Return `value[key]`; None if it is not known, or fails.

    A slice is a key as well: `slice(a, b, c)`.
    """
    try:
        match value:
            case Items(lost=None, kind="list" | "tuple"):
                return _item(value, plain(key))
            case Items(lost=None, kind="deque"):
                return value.items[operator.index(plain(key))]
            case Table(lost=None):
                return _entry(ev, value, key, node)
            case Known(value=str() | bytes() | range() as sequence):
                return lifted(sequence[plain(key)])
            case ArrayValue(lost=None):
                return array_item(ev, value, key, node)
    except (*FAILURES, NotPlainError):
        pass
    return None


def _entry(ev: Evaluator, table: Table, key: Value, node: cst.CSTNode) -> Value | None:
    """Return the item of a key; a dict that makes missing items keeps what it makes, a `Counter` does not."""
    mark = identity(key)
    if mark in table.entries or table.missing is None:
        return table.entries[mark]
    if table.kind == "Counter":
        return table.missing
    if len(table.entries) >= MAX_ITEMS:
        return None
    return table.entries.setdefault(mark, ev.call(table.missing, Arguments(()), node))


def _item(value: Items, key: Any) -> Value | None:
    found: Any = value.items[key]
    return Items(value.kind, found) if isinstance(key, slice) else found


def set_item(ev: Evaluator, owner: Value, key: Value, value: Value, node: cst.CSTNode) -> bool:
    """Set `owner[key]`; return whether that could be followed."""
    try:
        match owner:
            case Items(kind="list" | "deque", lost=None) if not isinstance(at := plain(key), slice):
                owner.items[at] = value
            case Table(lost=None):
                owner.entries[identity(key)] = value
            case ArrayValue(lost=None):
                set_array_item(ev, owner, key, value, node)
            case _:
                return False
    except (*FAILURES, NotPlainError):
        return False
    return True


def delete_item(owner: Value, key: Value) -> bool:
    """Delete `owner[key]`; return whether that could be followed."""
    try:
        match owner:
            case Items(kind="list", lost=None):
                del owner.items[plain(key)]
            case Table(lost=None):
                del owner.entries[identity(key)]
            case _:
                return False
    except (*FAILURES, NotPlainError):
        return False
    return True
