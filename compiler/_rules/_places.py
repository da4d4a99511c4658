"""Where the parts of a call stand, and what its values hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from remotemedia.compiler._values import Items, Known, NodeInstance, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values import Value

__all__ = ["keyword", "nodes_in", "texts"]


def keyword(node: NodeInstance, name: str) -> Place | None:
    """Return the name in `name=value` where a node's call spells it; None behind `**` and for a position."""
    for argument in getattr(node.place.node, "args", ()):
        if argument.keyword is not None and argument.keyword.value == name:
            return replace(node.place, node=argument.keyword)
    return None


def nodes_in(value: Value) -> Iterator[NodeInstance]:
    """Give the nodes in an argument, but not those in their own arguments."""
    yield from (part for _, part in _parts("", value) if isinstance(part, NodeInstance))


def texts(name: str, value: Value) -> Iterator[tuple[str, str]]:
    """Give every string in an argument, and the argument's name or the key under which it stands."""
    for key, part in _parts(name, value):
        if isinstance(part, Known) and isinstance(part.value, str):
            yield key, part.value


def _parts(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    """Give a value and what its containers hold, in order and each once, with the nearest name or key."""
    if not isinstance(value, (Items, Table)):
        yield name, value
        return
    waiting: list[tuple[str, Value]] = [(name, value)]
    seen: set[int] = set()
    while waiting:
        name, value = waiting.pop()
        if id(value) in seen:  # a list may hold itself
            continue
        seen.add(id(value))
        yield name, value
        if isinstance(value, Items):
            waiting += [(name, item) for item in reversed(value.items)]
        elif isinstance(value, Table):
            named = [(key if isinstance(key, str) else name, item) for key, item in value.entries.items()]
            waiting += reversed(named)
