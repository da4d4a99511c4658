"""Python's built-in functions on values, without effect outside what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._evaluate.arguments import given
from remotemedia.compiler._evaluate.callback import call_back
from remotemedia.compiler._evaluate.computing import Computed
from remotemedia.compiler._evaluate.iterables import collected, iterated
from remotemedia.compiler._evaluate.kinds import is_callable, is_instance, type_of
from remotemedia.compiler._evaluate.lifting import identity, lifted
from remotemedia.compiler._evaluate.members import members_in_order
from remotemedia.compiler._evaluate.operators import combined, truth
from remotemedia.compiler._evaluate.own_operators import called_special, has_operators
from remotemedia.compiler._evaluate.strings import formatted_value
from remotemedia.compiler._values import (
    ArrayValue,
    Instance,
    Items,
    Iteration,
    Known,
    NotPlainError,
    ProjectClass,
    Table,
    Value,
    View,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from remotemedia.compiler._evaluate.arguments import Arguments
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["BUILTINS", "COMPUTED_BUILTINS", "in_order", "made_dict", "made_set"]

_MAX_BYTES: Final = 1 << 16
_MAX_POWER: Final = 64
_MAX_BITS: Final = 4096


def made_set(ev: Evaluator, kind: Any, values: list[Value], node: cst.CSTNode) -> Items:
    """Return a set of values, each once.

    Raises:
        NotPlainError: one of them is not known, or has no hash.
    """
    ev.step(ev.source, node)
    once: dict[Any, Value] = {}
    for value in values:
        once.setdefault(identity(value), value)
    return Items(kind, list(once.values()))


def made_dict(ev: Evaluator, value: Value, node: cst.CSTNode) -> dict[Any, Value]:
    """Return the entries that `dict(value)` has.

    Raises:
        NotPlainError: they are not known.
    """
    if isinstance(value, Table):
        if value.lost is not None:
            raise NotPlainError(value.lost)
        return dict(value.entries)
    entries: dict[Any, Value] = {}
    for pair in collected(ev, value, node):
        key, item = _two(ev, pair, node)
        entries[identity(key)] = item
    return entries


def _two(ev: Evaluator, pair: Value, node: cst.CSTNode) -> list[Value]:
    parts = collected(ev, pair, node)
    if len(parts) != 2:  # noqa: PLR2004 - a key and a value
        raise NotPlainError(ev.opaque(node))
    return parts


def _range(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 3)
    return None if found is None else Known(range(*map(plain, found[0])))


def _enumerate(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 2, "start")
    if found is None:
        return None
    (values, *rest), named = found
    start = plain(rest[0] if rest else named.get("start", Known(0)))
    if not isinstance(start, int):
        return None
    pairs = (Items("tuple", [Known(at), value]) for at, value in enumerate(iterated(ev, values, node), start))
    return Iteration(pairs, (values,))


def _zip(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1000, "strict")
    if found is None:
        return None
    values, named = found
    strict = bool(plain(named.get("strict", Known(False))))  # noqa: FBT003 - a value, not a flag
    return Iteration(_zipped(ev, values, node, strict=strict), tuple(values))


def _zipped(ev: Evaluator, values: list[Value], node: cst.CSTNode, *, strict: bool) -> Iterator[Value]:
    try:
        for row in zip(*(iterated(ev, value, node) for value in values), strict=strict):
            yield Items("tuple", list(row))
    except ValueError as error:
        raise NotPlainError(ev.unknown(f"`{ev.place(node).code()}`, whose arguments differ in length", node)) from error


def _reversed(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None:
        return None
    (value,) = found[0]
    if isinstance(value, Items) and value.kind in {"list", "tuple"} and value.lost is None:
        return Iteration(reversed(value.items), (value,))
    if isinstance(value, (Table, ArrayValue)) or (isinstance(value, Known) and isinstance(value.value, (str, range))):
        return Iteration(iter(collected(ev, value, node)[::-1]), (value,))
    return None


def _map(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 2, 1000)
    if found is None:
        return None
    function, *values = found[0]
    rows = zip(*(iterated(ev, value, node) for value in values), strict=False)
    return Iteration((call_back(ev, function, row, node) for row in rows), (function, *values))


def _filter(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 2, 2)
    if found is None:
        return None
    function, values = found[0]
    return Iteration(_filtered(ev, function, values, node), (function, values))


def _filtered(ev: Evaluator, function: Value, values: Value, node: cst.CSTNode) -> Iterator[Value]:
    is_none = isinstance(function, Known) and function.value is None
    for each in iterated(ev, values, node):
        if _true(ev, each if is_none else call_back(ev, function, [each], node), node):
            yield each


def _true(ev: Evaluator, value: Value, node: cst.CSTNode) -> bool:
    known = truth(value)
    if known is None:
        raise NotPlainError(ev.opaque(node, value))
    return known


def _iter(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None:
        return None
    (value,) = found[0]
    return value if isinstance(value, Iteration) else Iteration(iterated(ev, value, node), (value,))


def _next(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 2)
    if found is None or not isinstance(found[0][0], Iteration):
        return None
    for value in iterated(ev, found[0][0], node):
        return value
    return found[0][1] if len(found[0]) > 1 else ev.unknown(f"`{ev.place(node).code()}`, which is at its end", node)


def _list(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1)
    return None if found is None else Items("list", [each for value in found[0] for each in collected(ev, value, node)])


def _tuple(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1)
    if found is None:
        return None
    return Items("tuple", [each for value in found[0] for each in collected(ev, value, node)])


def _set(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    return _set_of(ev, "set", arguments, node)


def _frozenset(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    return _set_of(ev, "frozenset", arguments, node)


def _set_of(ev: Evaluator, kind: Any, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1)
    if found is None:
        return None
    return made_set(ev, kind, [each for value in found[0] for each in _unordered(ev, value, node)], node)


def _unordered(ev: Evaluator, value: Value, node: cst.CSTNode) -> list[Value]:
    """Return all values of an iterable for a function that gives the same whatever their order."""
    if isinstance(value, Items) and value.lost is None:
        return list(value.items)
    return collected(ev, value, node)


def _dict(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    if arguments.unknown is not None:
        return None
    entries: dict[Any, Value] = {}
    for argument in arguments.given:
        entries |= made_dict(ev, argument.value, node) if argument.name is None else {argument.name: argument.value}
    return Table(entries)


def _sorted(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1, "key", "reverse")
    if found is None:
        return None
    (values,), named = found
    keyed = "key" in named  # equal keys keep the order in which their values came
    items = collected(ev, values, node) if keyed else _unordered(ev, values, node)
    return Items("list", in_order(ev, items, named, node))


def in_order(ev: Evaluator, values: list[Value], named: dict[str, Value], node: cst.CSTNode) -> list[Value]:
    """Return values as `sorted` orders them, by its arguments `key` and `reverse`.

    Raises:
        NotPlainError: the order is not known.
    """
    keys = _keys(ev, values, named.get("key"), node)
    reverse = bool(plain(named.get("reverse", Known(False))))  # noqa: FBT003 - a value, not a flag
    return [values[at] for at in sorted(range(len(values)), key=keys.__getitem__, reverse=reverse)]


def _keys(ev: Evaluator, values: list[Value], key: Value | None, node: cst.CSTNode) -> list[Any]:
    if key is None or (isinstance(key, Known) and key.value is None):
        return [plain(value) for value in values]
    return [plain(call_back(ev, key, [value], node)) for value in values]


def _extreme(choose: Callable[..., int]) -> Callable[[Evaluator, Arguments, cst.CSTNode], Value | None]:
    def handler(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
        found = given(arguments, 1, 1000, "key", "default")
        if found is None:
            return None
        by_position, named = found
        key = named.get("key")
        values = by_position if len(by_position) > 1 else collected_for(ev, by_position[0], key, node)
        if not values:
            return named.get("default") or ev.unknown(f"`{ev.place(node).code()}`, which has nothing to choose", node)
        return values[choose(range(len(values)), key=_keys(ev, values, key, node).__getitem__)]

    return handler


def collected_for(ev: Evaluator, value: Value, key: Value | None, node: cst.CSTNode) -> list[Value]:
    """Return the values that `min` and `max` look at: without a key the order of a set does not matter."""
    return _unordered(ev, value, node) if key is None else collected(ev, value, node)


def _sum(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 2, "start")
    if found is None:
        return None
    (values, *rest), named = found
    start = rest[0] if rest else named.get("start", Known(0))
    items = collected(ev, values, node)
    if isinstance(start, (Items, ArrayValue)) or any(
        isinstance(item, ArrayValue) or has_operators(item) for item in items
    ):
        total = start
        for item in items:
            total = combined(ev, total, cst.Add(), item, node)
        return total
    numbers = [plain(item) for item in items]
    if any(isinstance(number, str) for number in numbers):
        return None
    return lifted(sum(numbers, plain(start)))


def _any(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    return None if found is None else Known(any(_true(ev, each, node) for each in iterated(ev, found[0][0], node)))


def _all(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    return None if found is None else Known(all(_true(ev, each, node) for each in iterated(ev, found[0][0], node)))


def _bool(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1)
    if found is None:
        return None
    return Known(bool(found[0]) and _true(ev, found[0][0], node))


def _len(  # noqa: PLR0911 - one a kind of value
    ev: Evaluator, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    found = given(arguments, 1, 1)
    match found[0] if found is not None else []:
        case [Items(lost=None, items=items)]:
            return Known(len(items))
        case [Table(lost=None, entries=entries) | View(lost=None, table=Table(entries=entries))]:
            return Known(len(entries))
        case [ArrayValue(lost=None, array=array)] if array.ndim:
            return Known(len(array))
        case [Known(value=str() | bytes() | range() as value)]:
            return Known(len(value))
        case [Instance() as made]:
            return called_special(ev, made, "__len__", [], node)
        case [ProjectClass(is_enum=True) as cls]:
            members = members_in_order(cls)
            return None if members is None else Known(len(members))
    return None


BUILTINS: Final[dict[str, Callable[[Evaluator, Arguments, cst.CSTNode], Value | None]]] = {
    "all": _all,
    "any": _any,
    "bool": _bool,
    "callable": is_callable,
    "dict": _dict,
    "enumerate": _enumerate,
    "filter": _filter,
    "frozenset": _frozenset,
    "isinstance": is_instance,
    "iter": _iter,
    "len": _len,
    "list": _list,
    "map": _map,
    "max": _extreme(max),
    "min": _extreme(min),
    "next": _next,
    "range": _range,
    "reversed": _reversed,
    "set": _set,
    "sorted": _sorted,
    "sum": _sum,
    "tuple": _tuple,
    "type": type_of,
    "zip": _zip,
}
"""Those that look at values without needing all that these hold; each returns None for what it does not follow."""


def _power(base: Any, exponent: Any, modulus: Any = None) -> Any:
    numbers = [number for number in (base, exponent, modulus) if isinstance(number, int)]
    if sum(number.bit_length() for number in numbers) > _MAX_BITS or (modulus is None and _is_steep(exponent)):
        raise OverflowError
    return pow(base, exponent) if modulus is None else pow(base, exponent, modulus)


def _is_steep(exponent: Any) -> bool:
    return isinstance(exponent, int) and abs(exponent) > _MAX_POWER


def _bytes(value: Any = b"", *rest: Any) -> bytes:
    if isinstance(value, int) and value > _MAX_BYTES:
        raise OverflowError
    return bytes(value, *rest)


COMPUTED_BUILTINS: Final[dict[str, Computed]] = {
    "abs": Computed(abs),
    "ascii": Computed(ascii),
    "bin": Computed(bin),
    "bytes": Computed(_bytes),
    "chr": Computed(chr),
    "complex": Computed(complex),
    "divmod": Computed(divmod),
    "float": Computed(float),
    "format": Computed(formatted_value),
    "hex": Computed(hex),
    "int": Computed(int),
    "oct": Computed(oct),
    "ord": Computed(ord),
    "pow": Computed(_power),
    "repr": Computed(repr),
    "round": Computed(round),
    "slice": Computed(slice),
    "str": Computed(str),
}
"""Those that are computed by Python itself when all their arguments are plain."""
