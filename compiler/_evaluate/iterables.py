"""What a value gives when it is iterated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia.compiler._bounds import MAX_ITEMS
from remotemedia.compiler._evaluate.lifting import lifted, value_of_key
from remotemedia.compiler._evaluate.objects import iterable_of
from remotemedia.compiler._values import (
    ArrayValue,
    Instance,
    Items,
    Iteration,
    Known,
    NotPlainError,
    OpenFile,
    ProjectClass,
    Table,
    Unknown,
    Value,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["collected", "iterated"]


def iterated(ev: Evaluator, value: Value, node: cst.CSTNode) -> Iterator[Value]:
    """Give the values of an iterable one after another, as it is when each is asked for, like Python's own iterators.

    Args:
        ev: the evaluator; each value costs a step.
        value: the iterable.
        node: where it is iterated.

    Raises:
        NotPlainError: when the next value is asked for: it is not known, or this is no iterable.
    """
    values = _values(ev, value, node)
    while True:
        ev.step(ev.source, node)
        _check(value)
        try:
            each = next(values, None)
        except NotPlainError as error:
            if isinstance(value, Iteration):  # what it would have given next is gone
                value.lost = ev.opaque(node, error.value)
            raise
        except RuntimeError as error:  # a dict changed its size
            raise NotPlainError(ev.unknown("a dict that changes while it is iterated", node)) from error
        if each is None:
            return
        yield each


def collected(ev: Evaluator, value: Value, node: cst.CSTNode) -> list[Value]:
    """Return all values of an iterable.

    Raises:
        NotPlainError: they are not known, or too many.
    """
    made: list[Value] = []
    if isinstance(value, Items) and value.kind in {"list", "tuple"}:
        _check(value)
        return list(value.items)
    for each in iterated(ev, value, node):
        made.append(each)
        if len(made) > MAX_ITEMS:
            raise NotPlainError(ev.unknown("a container that is too large", node))
    return made


def _check(value: Value) -> None:
    lost = getattr(value, "lost", None)
    if isinstance(lost, Unknown):
        raise NotPlainError(lost)


def _values(  # noqa: C901, PLR0911 - one a kind of value
    ev: Evaluator, value: Value, node: cst.CSTNode
) -> Iterator[Value]:
    match value:
        case Items(kind="list" | "tuple"):
            return iter(value.items)
        case Items(kind="deque"):
            return _unchanged(ev, value.items, node)
        case Items():
            if len(value.items) > 1:
                raise NotPlainError(ev.unknown("the order of a set", node))
            return iter(value.items)
        case Table():
            return _lifted(ev, (value_of_key(key) for key in value.entries), node)
        case View():
            return _viewed(ev, value, node)
        case Iteration():
            return value.values
        case Known(value=str() | bytes() | range() as plain):
            return _lifted(ev, (Known(item) for item in plain), node)
        case ArrayValue():
            if value.array.ndim == 0:
                raise NotPlainError(ev.opaque(node))
            return _lifted(ev, (_row(value, row) for row in value.array), node)
        case OpenFile():
            return _lifted(ev, (Known(line) for line in value.stream), node)
        case Instance() | ProjectClass():
            return iterated(ev, iterable_of(ev, value, node), node)
    raise NotPlainError(ev.opaque(node, value))


def _unchanged(ev: Evaluator, items: list[Value], node: cst.CSTNode) -> Iterator[Value]:
    """Give the items of a deque, which may not change its length meanwhile."""
    count = len(items)
    for at in range(count):
        if len(items) != count:
            raise NotPlainError(ev.unknown("a deque that changes while it is iterated", node))
        yield items[at]
    if len(items) != count:
        raise NotPlainError(ev.unknown("a deque that changes while it is iterated", node))


def _viewed(ev: Evaluator, view: View, node: cst.CSTNode) -> Iterator[Value]:
    entries = view.table.entries
    if view.part == "values":
        return iter(entries.values())
    keys = _lifted(ev, (value_of_key(key) for key in entries), node)
    if view.part == "keys":
        return keys
    return (Items("tuple", [key, value]) for key, value in zip(keys, entries.values(), strict=True))


def _row(array: ArrayValue, row: object) -> Value | None:
    """Return one row of an array, which shares its elements."""
    made = lifted(row)
    return ArrayValue(made.array, array.memory) if isinstance(made, ArrayValue) else made


def _lifted(ev: Evaluator, values: Iterator[Value | None], node: cst.CSTNode) -> Iterator[Value]:
    for each in values:
        if each is None:
            raise NotPlainError(ev.opaque(node))
        yield each
