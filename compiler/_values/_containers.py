"""Containers, arrays and what is read one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._values._facts import Unknown
    from remotemedia.compiler._values._whole import Value

__all__ = ["ArrayValue", "Items", "Iteration", "Memory", "OpenFile", "Table", "View"]


@dataclass(eq=False)
class Items:
    """A list, tuple or deque, a set or frozenset: of these each item stands once, in no order that may be relied on."""

    kind: Literal["list", "tuple", "deque", "set", "frozenset"]
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
