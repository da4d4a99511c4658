"""Calls: of classes, of methods, of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Arguments, arguments_of
from remotemedia.compiler._evaluate.assignments import set_attribute
from remotemedia.compiler._evaluate.graph import call_pipeline, make_node, make_pipeline
from remotemedia.compiler._evaluate.literals import extend
from remotemedia.compiler._evaluate.mentions import HARMLESS, READERS, READING_METHODS
from remotemedia.compiler._evaluate.names import attribute_of
from remotemedia.compiler._evaluate.passing import ESCAPES, holds_graph, lend, refuse_change, run_later
from remotemedia.compiler._evaluate.paths import call_path_function, is_path_function, path_method
from remotemedia.compiler._evaluate.strings import string_method
from remotemedia.compiler._library import PIPELINE
from remotemedia.compiler._values import (
    Builtin,
    External,
    FilePath,
    Function,
    Items,
    Known,
    LibraryClass,
    Live,
    Method,
    NotPlainError,
    PipelineInstance,
    ProjectClass,
    Table,
    Value,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["await_", "call"]

_COMPUTED: Final[dict[str, Callable[..., Any]]] = {
    "abs": abs,
    "bool": bool,
    "float": float,
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "round": round,
    "str": str,
    "sum": sum,
}
"""Built-in functions that are computed when all their arguments are known."""

_MAX_DIGITS: Final = 4000  # Python's own bound for converting digits is 4300


def call(ev: Evaluator, node: cst.Call | cst.Attribute) -> Value:
    """Evaluate `f(…)` and `a.b`; a chain such as `p.add(…).add(…)` from the left, without recursion."""
    links: list[cst.Call | cst.Attribute] = []
    first: cst.BaseExpression = node
    while isinstance(first, (cst.Call, cst.Attribute)):
        links.append(first)
        first = first.func if isinstance(first, cst.Call) else first.value
    value = ev.evaluate(first)
    for link in reversed(links):
        if isinstance(link, cst.Call):
            value = _called(ev, value, arguments_of(ev, link), link)
        else:
            value = attribute_of(ev, value, link.attr.value, link)
    return value


def await_(ev: Evaluator, node: cst.Await) -> Value:
    """Evaluate `await a`."""
    return ev.opaque(node, ev.evaluate(node.expression))


def _called(  # noqa: PLR0911 - one a kind of value
    ev: Evaluator, callee: Value, arguments: Arguments, node: cst.Call
) -> Value:
    match callee:
        case LibraryClass():
            return make_pipeline(ev, arguments, node) if callee is PIPELINE else make_node(ev, callee, arguments, node)
        case ProjectClass() if callee.is_node:
            return make_node(ev, callee, arguments, node)
        case ProjectClass():
            return _instance(ev, callee, arguments, node)
        case Method():
            return _method(ev, callee, arguments, node)
        case Function():
            _lend_all(ev, arguments, f"the function `{callee.name}`")
            run_later(ev, callee, ev.place(node))
            return ev.unknown(f"what the function `{callee.name}` returns", node)
        case Builtin():
            return _builtin(ev, callee.name, arguments, node)
        case External():
            return _external(ev, callee, arguments, node)
    _lend_all(ev, arguments, f"`{ev.place(node.func).code()}`")
    return ev.opaque(node, callee)


def _instance(ev: Evaluator, cls: ProjectClass, arguments: Arguments, node: cst.Call) -> Value:
    _lend_all(ev, arguments, f"the class `{cls.name}`")
    run_later(ev, cls, ev.place(node))
    if any(base is PIPELINE for base in cls.mro):
        refuse_change(ev, None, ev.place(node), f"the class `{cls.name}` derived from `Pipeline` is not followed")
    return Live(f"an instance of `{cls.name}`")


def _method(ev: Evaluator, method: Method, arguments: Arguments, node: cst.Call) -> Value:
    receiver = method.receiver
    match receiver:
        case PipelineInstance():
            return call_pipeline(ev, receiver, method.name, arguments, node)
        case FilePath():
            known = _plain(arguments)
            found = path_method(receiver, method.name, known) if known is not None else None
            return found or ev.opaque(node, *_values(arguments))
        case Known(value=str() as text):
            known = _plain(arguments)
            made = string_method(text, method.name, known) if known is not None else None
            return made or ev.opaque(node, *_values(arguments))
        case Items(kind="list") if method.name in {"append", "extend"} and len(arguments.given) == 1:
            return _grow(ev, receiver, method.name, arguments, node)
        case Items() | Table() if method.name not in READING_METHODS or holds_graph(ev, receiver):
            _lend_all(ev, arguments, f"the method `{method.name}`")
            lend(ev, receiver, node, to=f"the method `{method.name}`")
        case Items() | Table():
            if any(isinstance(part, (Items, Table)) for part in _inside(receiver)):
                lend(ev, receiver, node, to=f"the method `{method.name}`")
        case _:
            _lend_all(ev, arguments, f"the method `{method.name}`")
    return ev.opaque(node)


def _grow(ev: Evaluator, receiver: Items, name: str, arguments: Arguments, node: cst.Call) -> Value:
    """Call `append` or `extend` of a list."""
    value = arguments.given[0].value
    extend(ev, receiver, Items("list", [value]) if name == "append" else value, node)
    return Known(None)


def _builtin(ev: Evaluator, name: str, arguments: Arguments, node: cst.Call) -> Value:
    if name in ESCAPES:
        refuse_change(ev, None, ev.place(node), f"`{name}` may change anything")
    elif name in {"delattr", "setattr"} and arguments.given:
        set_attribute(ev, arguments.given[0].value, node)
        _lend_all(ev, Arguments(arguments.given[1:]), f"`{name}`")
        return Known(None)
    elif name == "open":
        return Live("an open file")
    if name in _COMPUTED:
        computed = _compute(name, arguments)
        if computed is not None:
            return computed
    for argument in arguments.given:
        flat = isinstance(argument.value, (Items, Table)) and not any(
            isinstance(part, (Items, Table)) for part in _inside(argument.value)
        )
        if name not in HARMLESS and not (flat and name in READERS and not holds_graph(ev, argument.value)):
            lend(ev, argument.value, argument.place.node, to=f"`{name}`")
    return ev.opaque(node, *_values(arguments))


def _external(ev: Evaluator, callee: External, arguments: Arguments, node: cst.Call) -> Value:
    if is_path_function(callee.name):
        known = _plain(arguments)
        found = call_path_function(callee.name, known) if known is not None else None
        return found or ev.opaque(node, *_values(arguments))
    _lend_all(ev, arguments, f"`{callee.name}`")
    return ev.opaque(node, External(callee.name, ev.place(node)))


def _compute(name: str, arguments: Arguments) -> Value | None:
    """Call a built-in function on plain values; None if they are not known, or if it fails."""
    if name == "len" and len(arguments.given) == 1:
        container = arguments.given[0].value
        if isinstance(container, (Items, Table)) and container.lost is None:
            return Known(len(_inside(container)))
    known = _plain(arguments)
    if known is None or any(isinstance(value, str) and len(value) > _MAX_DIGITS for value in known):
        return None
    try:
        result = _COMPUTED[name](*known)
    except (ArithmeticError, TypeError, ValueError):
        return None
    return Known(result) if isinstance(result, (bool, int, float, str)) else None


def _plain(arguments: Arguments) -> list[Any] | None:
    """Return positional arguments as plain values; None if there are others or some are not known."""
    if arguments.unknown is not None or any(argument.name is not None for argument in arguments.given):
        return None
    try:
        return [plain(argument.value) for argument in arguments.given]
    except NotPlainError:
        return None


def _values(arguments: Arguments) -> list[Value]:
    return [argument.value for argument in arguments.given]


def _inside(value: Items | Table) -> list[Value]:
    return value.items if isinstance(value, Items) else list(value.entries.values())


def _lend_all(ev: Evaluator, arguments: Arguments, to: str) -> None:
    for argument in arguments.given:
        lend(ev, argument.value, argument.place.node, to=to)
