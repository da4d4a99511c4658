"""All kinds of values, and what is asked of any of them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from remotemedia.compiler._bounds import MAX_ITEMS
from remotemedia.compiler._values._code import (
    Bound,
    Coroutine,
    Function,
    Instance,
    LibraryClass,
    LibraryObject,
    Member,
    Method,
    Prepared,
    ProjectClass,
    ProjectModule,
    Super,
)
from remotemedia.compiler._values._containers import ArrayValue, Items, Iteration, OpenFile, Table, View
from remotemedia.compiler._values._facts import Builtin, Declared, External, FilePath, Known, Live, Unknown
from remotemedia.compiler._values._graph import NodeInstance, PipelineInstance

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NotPlainError", "Value", "contained", "copied", "plain", "size_of"]

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


def _plain(value: Value, budget: list[int], depth: int) -> Any:  # noqa: PLR0911 - one a kind of value
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
        case Member(real=enum.Enum() as real):
            return real
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
