"""Methods of lists, dicts, sets and tuples: those that look, and those that change in place."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from remotemedia.compiler._bounds import MAX_ITEMS
from remotemedia.compiler._evaluate.arguments import given
from remotemedia.compiler._evaluate.builtins_ import in_order, made_dict, made_set
from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._evaluate.lifting import identity, value_of_key
from remotemedia.compiler._values import Items, Known, Table, Value, View, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from remotemedia.compiler._evaluate.arguments import Arguments
    from remotemedia.compiler._evaluate.evaluator import Evaluator

    _ItemsMethod: TypeAlias = Callable[[Evaluator, Items, Arguments, cst.CSTNode], Value | None]
    _TableMethod: TypeAlias = Callable[[Evaluator, Table, Arguments, cst.CSTNode], Value | None]

__all__ = ["container_method"]

_NONE: Final = Known(None)


def container_method(
    ev: Evaluator, receiver: Items | Table, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    """Call a method of a container; None where it is not followed.

    Raises:
        NotPlainError: an argument is not known; the container is as before.
    """
    if receiver.lost is not None:
        return None
    if isinstance(receiver, Table):
        known = receiver.kind != "Counter" or name in _OF_COUNTERS
        handler = _OF_DICTS.get(name) if known else None
        return None if handler is None else handler(ev, receiver, arguments, node)
    if name in {"count", "index"} and receiver.kind in {"list", "tuple"}:
        return _found(receiver, name, arguments)
    match receiver.kind:
        case "list":
            changing = _OF_LISTS.get(name)
        case "deque":
            changing = _OF_DEQUES.get(name)
        case "set":
            changing = _OF_SETS.get(name)
        case _:
            changing = None
    if changing is not None:
        return changing(ev, receiver, arguments, node)
    if receiver.kind in {"set", "frozenset"}:
        return _set_made(ev, receiver, name, arguments, node)
    return None


def _found(receiver: Items, name: str, arguments: Arguments) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None:
        return None
    wanted = identity(found[0][0])
    present = [identity(item) for item in receiver.items]
    return Known(present.count(wanted) if name == "count" else present.index(wanted))


def _append(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    return None if found is None else _grown(receiver, len(receiver.items), found[0])


def _extend(ev: Evaluator, receiver: Items, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    return None if found is None else _grown(receiver, len(receiver.items), collected(ev, found[0][0], node))


def _insert(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 2, 2)
    return None if found is None else _grown(receiver, plain(found[0][0]), found[0][1:])


def _grown(receiver: Items, at: int, values: list[Value]) -> Value | None:
    if len(receiver.items) + len(values) > MAX_ITEMS:
        return None
    receiver.items[at:at] = values
    return _NONE


def _pop(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1)
    return None if found is None else receiver.items.pop(*map(plain, found[0]))


def _append_left(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    return None if found is None else _grown(receiver, 0, found[0])


def _extend_left(ev: Evaluator, receiver: Items, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    return None if found is None else _grown(receiver, 0, collected(ev, found[0][0], node)[::-1])


def _pop_right(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    return None if given(arguments, 0, 0) is None else receiver.items.pop()


def _pop_left(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    return None if given(arguments, 0, 0) is None else receiver.items.pop(0)


def _rotate(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1)
    if found is None:
        return None
    turned = deque(receiver.items)
    turned.rotate(plain(found[0][0]) if found[0] else 1)
    receiver.items[:] = turned
    return _NONE


def _remove(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None:
        return None
    wanted = identity(found[0][0])
    del receiver.items[[identity(item) for item in receiver.items].index(wanted)]
    return _NONE


def _clear(_ev: Evaluator, receiver: Items | Table, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    if given(arguments, 0, 0) is None:
        return None
    (receiver.items if isinstance(receiver, Items) else receiver.entries).clear()
    return _NONE


def _reverse(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    if given(arguments, 0, 0) is None:
        return None
    receiver.items.reverse()
    return _NONE


def _sort(ev: Evaluator, receiver: Items, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 0, "key", "reverse")
    if found is None:
        return None
    receiver.items[:] = in_order(ev, list(receiver.items), found[1], node)
    return _NONE


def _copy(_ev: Evaluator, receiver: Items | Table, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    if given(arguments, 0, 0) is None:
        return None
    if isinstance(receiver, Items):
        return Items(receiver.kind, list(receiver.items))
    return Table(dict(receiver.entries), None, receiver.kind, receiver.missing)


def _add(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None:
        return None
    (value,) = found[0]
    if identity(value) not in {identity(item) for item in receiver.items}:
        return _grown(receiver, len(receiver.items), [value])
    return _NONE


def _discard(_ev: Evaluator, receiver: Items, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None:
        return None
    unwanted = identity(found[0][0])
    receiver.items[:] = [item for item in receiver.items if identity(item) != unwanted]
    return _NONE


def _update_set(ev: Evaluator, receiver: Items, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    joined = _set_made(ev, receiver, "union", arguments, node)
    if not isinstance(joined, Items):
        return None
    receiver.items[:] = joined.items
    return _NONE


def _set_made(  # noqa: PLR0911 - one a method
    ev: Evaluator, receiver: Items, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    """Call a method of a set that makes another one, or compares."""
    found = given(arguments, 0, 1000)
    if found is None:
        return None
    mine = {identity(item): item for item in receiver.items}
    others = [_as_set(ev, value, node) for value in found[0]]
    if name in {"issubset", "issuperset", "isdisjoint"} and len(others) == 1:
        return Known(getattr(mine.keys(), _COMPARISONS[name])(others[0].keys()))
    if name == "copy" and not others:
        return Items(receiver.kind, list(receiver.items))
    if name == "union":
        for other in others:
            mine = other | mine
        return Items(receiver.kind, list(mine.values()))
    if name in {"difference", "intersection"}:
        wanted = name == "intersection"
        if wanted and len(others) == 1 and len(others[0]) <= len(mine):
            mine = {key: others[0].get(key, item) for key, item in mine.items()}  # of equal items, as CPython does it
        kept = [item for key, item in mine.items() if all((key in other) == wanted for other in others)]
        return Items(receiver.kind, kept)
    if name == "symmetric_difference" and len(others) == 1:
        return made_set(ev, receiver.kind, [(mine | others[0])[key] for key in mine.keys() ^ others[0].keys()], node)
    return None


_COMPARISONS: Final = {"issubset": "__le__", "issuperset": "__ge__", "isdisjoint": "isdisjoint"}


def _as_set(ev: Evaluator, value: Value, node: cst.CSTNode) -> dict[Any, Value]:
    listed = value.items if isinstance(value, Items) and value.lost is None else collected(ev, value, node)
    return {identity(item): item for item in listed}


def _get(_ev: Evaluator, receiver: Table, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 2)
    if found is None:
        return None
    return receiver.entries.get(identity(found[0][0]), found[0][1] if len(found[0]) > 1 else _NONE)


def _pop_entry(_ev: Evaluator, receiver: Table, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 2)
    if found is None:
        return None
    key, *default = found[0]
    return receiver.entries.pop(identity(key), *default)


def _pop_last(_ev: Evaluator, receiver: Table, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    if given(arguments, 0, 0) is None:
        return None
    key, value = receiver.entries.popitem()
    known = value_of_key(key)
    return None if known is None else Items("tuple", [known, value])


def _set_default(_ev: Evaluator, receiver: Table, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 2)
    if found is None or len(receiver.entries) >= MAX_ITEMS:
        return None
    return receiver.entries.setdefault(identity(found[0][0]), found[0][1] if len(found[0]) > 1 else _NONE)


def _update(ev: Evaluator, receiver: Table, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    if arguments.unknown is not None:
        return None
    entries: dict[Any, Value] = {}
    for argument in arguments.given:
        entries |= made_dict(ev, argument.value, node) if argument.name is None else {argument.name: argument.value}
    if len(receiver.entries) + len(entries) > MAX_ITEMS:
        return None
    receiver.entries.update(entries)
    return _NONE


def _view(part: Literal["keys", "values", "items"]) -> _TableMethod:
    def handler(_ev: Evaluator, receiver: Table, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
        return None if given(arguments, 0, 0) is None else View(receiver, part)

    return handler


_OF_LISTS: Final[dict[str, _ItemsMethod]] = {
    "append": _append,
    "clear": _clear,
    "copy": _copy,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "remove": _remove,
    "reverse": _reverse,
    "sort": _sort,
}
_OF_DEQUES: Final[dict[str, _ItemsMethod]] = {
    **{name: _OF_LISTS[name] for name in ("append", "clear", "copy", "extend", "remove", "reverse")},
    "appendleft": _append_left,
    "extendleft": _extend_left,
    "pop": _pop_right,
    "popleft": _pop_left,
    "rotate": _rotate,
}
_OF_SETS: Final[dict[str, _ItemsMethod]] = {
    "add": _add,
    "clear": _clear,
    "discard": _discard,
    "remove": _remove,
    "update": _update_set,
}
_OF_COUNTERS: Final = frozenset({"get", "items", "keys", "pop", "values"})
"""Methods that a `Counter` has as any dict has them."""

_OF_DICTS: Final[dict[str, _TableMethod]] = {
    "clear": _clear,
    "copy": _copy,
    "get": _get,
    "items": _view("items"),
    "keys": _view("keys"),
    "pop": _pop_entry,
    "popitem": _pop_last,
    "setdefault": _set_default,
    "update": _update,
    "values": _view("values"),
}
