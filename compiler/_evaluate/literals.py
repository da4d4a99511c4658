"""Literals, and containers written out."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import libcst as cst

from remotemedia.compiler._bounds import MAX_ITEMS
from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._evaluate.lifting import identity
from remotemedia.compiler._values import Items, Known, NotPlainError, Table, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["concatenated", "ellipsis_", "extend", "list_", "number", "set_", "string", "table", "tuple_"]


@lru_cache(maxsize=4096)
def _evaluated(text: str) -> Any:
    """Return what a literal stands for; one in a loop is parsed once."""
    return ast.literal_eval(text)


def number(ev: Evaluator, node: cst.Integer | cst.Float | cst.Imaginary) -> Value:
    """Evaluate `1`, `0x1f`, `1.5`, `2j`."""
    try:
        return Known(_evaluated(node.value))
    except (SyntaxError, ValueError):  # more digits than Python converts
        return ev.unknown("a number with too many digits", node)


def string(ev: Evaluator, node: cst.SimpleString) -> Value:
    """Evaluate a string or bytes literal."""
    try:
        return Known(_evaluated(node.value))
    except (SyntaxError, ValueError):
        return ev.unknown("a string with a malformed escape", node)


def concatenated(ev: Evaluator, node: cst.ConcatenatedString) -> Value:
    """Evaluate adjacent literals; from the left, without recursion along the right."""
    parts: list[Value] = []
    rest: cst.BaseExpression = node
    while isinstance(rest, cst.ConcatenatedString):
        parts.append(ev.evaluate(rest.left))
        rest = rest.right
    parts.append(ev.evaluate(rest))
    unknown = next((part for part in parts if not isinstance(part, Known)), None)
    if unknown is not None:
        return unknown
    texts = [part.value for part in parts if isinstance(part, Known)]
    return Known((b"" if isinstance(texts[0], bytes) else "").join(texts))


def ellipsis_(_ev: Evaluator, _node: cst.Ellipsis) -> Value:
    """Evaluate `...`."""
    return Known(...)


def list_(ev: Evaluator, node: cst.List) -> Value:
    """Evaluate `[a, *b]`."""
    return _items(ev, "list", node.elements)


def tuple_(ev: Evaluator, node: cst.Tuple) -> Value:
    """Evaluate `(a, *b)`."""
    return _items(ev, "tuple", node.elements)


def set_(ev: Evaluator, node: cst.Set) -> Value:
    """Evaluate `{a, b}`."""
    return _items(ev, "set", node.elements)


def table(ev: Evaluator, node: cst.Dict) -> Value:
    """Evaluate `{a: b, **c}`."""
    made = Table({})
    for element in node.elements:
        if isinstance(element, cst.DictElement):
            key, value = ev.evaluate(element.key), ev.evaluate(element.value)
            try:
                made.entries[identity(key)] = value
            except NotPlainError as error:
                made.lost = ev.opaque(element.key, error.value)
        else:
            spread = ev.evaluate(element.value)
            if isinstance(spread, Table):
                made.entries |= spread.entries
                made.lost = made.lost or spread.lost
            else:
                made.lost = ev.opaque(element.value, spread)
    return made


def _items(ev: Evaluator, kind: Literal["list", "tuple", "set"], elements: Sequence[cst.BaseElement]) -> Value:
    made = Items(kind, [])
    for element in elements:
        value = ev.evaluate(element.value)
        if isinstance(element, cst.StarredElement):
            extend(ev, made, value, element.value)
        elif kind == "set":
            _put(ev, made, [value], element.value)
        else:
            made.items.append(value)
    return made


def extend(ev: Evaluator, items: Items, value: Value, node: cst.CSTNode) -> None:
    """Put the items of a value behind those of another; what is not known, or is too long, is lost."""
    try:
        if items.kind == "set":
            unordered = isinstance(value, Items) and value.lost is None
            _put(ev, items, value.items if unordered and isinstance(value, Items) else collected(ev, value, node), node)
            return
        added = collected(ev, value, node)
    except NotPlainError as error:
        items.lost = items.lost or ev.opaque(node, error.value)
        return
    if len(items.items) + len(added) > MAX_ITEMS:
        items.lost = items.lost or ev.unknown("a container that is too large", node)
        return
    items.items.extend(added)


def _put(ev: Evaluator, made: Items, values: Sequence[Value], node: cst.CSTNode) -> None:
    """Put values into a set, each once."""
    try:
        present = {identity(item) for item in made.items}
        for value in values:
            if (mark := identity(value)) not in present:
                present.add(mark)
                made.items.append(value)
    except NotPlainError as error:
        made.lost = made.lost or ev.opaque(node, error.value)
