"""Calls: of classes, of methods, of functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Arguments, arguments_of
from remotemedia.compiler._evaluate.assignments import set_attribute, set_named
from remotemedia.compiler._evaluate.functions import follow
from remotemedia.compiler._evaluate.graph import call_pipeline, make_node, make_pipeline
from remotemedia.compiler._evaluate.instances import follow_constructor, initialise_pipeline, instantiate
from remotemedia.compiler._evaluate.mentions import HARMLESS, READERS, READING_METHODS
from remotemedia.compiler._evaluate.names import attribute_of
from remotemedia.compiler._evaluate.passing import ESCAPES, holds_graph, lend, refuse_change, run_nodes
from remotemedia.compiler._evaluate.pure import call_pure
from remotemedia.compiler._evaluate.remote import LIBRARY_CALLS, place_elsewhere
from remotemedia.compiler._evaluate.special import SLEEP, SPECIAL, gathered
from remotemedia.compiler._evaluate.stops import RunEndsError
from remotemedia.compiler._evaluate.uses import some_node
from remotemedia.compiler._library import PIPELINE, PIPELINE_READS
from remotemedia.compiler._values import (
    Bound,
    Builtin,
    Coroutine,
    External,
    Function,
    Instance,
    Items,
    Iteration,
    Known,
    LibraryClass,
    LibraryObject,
    Live,
    Method,
    PipelineInstance,
    Prepared,
    ProjectClass,
    ProjectModule,
    Super,
    Table,
    Value,
    size_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["await_", "call", "invoke"]

_QUICK: Final = frozenset({"add", "append", "appendleft", "get", "pop", "setdefault"})
"""Methods of containers that take no longer in a large one."""

_MAKING: Final = 112  # seven steps

_READ: Final = 4  # looking at an item takes longer than copying it


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
            value = invoke(ev, value, arguments_of(ev, link), link)
        else:
            value = attribute_of(ev, value, link.attr.value, link)
    return value


def await_(ev: Evaluator, node: cst.Await) -> Value:
    """Evaluate `await a`: a call of the project's own `async` function runs now."""
    value = _awaited(ev, node.expression)
    if isinstance(value, Items):  # of `asyncio.gather`
        return value
    if isinstance(value, Coroutine) and not value.done:
        value.done = True
        return value.run()
    return Known(None) if value is SLEEP else ev.opaque(node, value)


def _awaited(ev: Evaluator, node: cst.BaseExpression) -> Value:
    """Evaluate what is awaited; coroutines that `asyncio.gather` runs at once run one after the other."""
    if not isinstance(node, cst.Call):
        return ev.evaluate(node)
    callee, arguments = ev.evaluate(node.func), arguments_of(ev, node)
    if isinstance(callee, External) and callee.name == "asyncio.gather" and arguments.unknown is None:
        run = gathered([(argument.name, argument.value) for argument in arguments.given])
        if run is not None:
            return _gathered(ev, run, node)
    return invoke(ev, callee, arguments, node)


def _gathered(ev: Evaluator, coroutines: Sequence[Coroutine], node: cst.Call) -> Value:
    try:
        return Items("list", [coroutine.run() for coroutine in coroutines])
    except RunEndsError:
        if ev.guards:  # something catches it, and the others have run all the same
            refuse_change(ev, None, ev.place(node), "one of these fails")
        raise


def invoke(  # noqa: C901, PLR0911 - one a kind of value
    ev: Evaluator, callee: Value, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Return what a call of a value gives, with its effects applied."""
    match callee:
        case LibraryClass() if isinstance(node, cst.Call):
            _charge_making(ev, arguments)
            return make_pipeline(ev, arguments, node) if callee is PIPELINE else make_node(ev, callee, arguments, node)
        case ProjectClass() if callee.is_node and isinstance(node, cst.Call):
            _charge_making(ev, arguments)
            made = make_node(ev, callee, arguments, node)
            follow_constructor(ev, callee, arguments, node)
            return made
        case ProjectClass() if not callee.is_node:
            return instantiate(ev, callee, arguments, node)
        case Function():
            return follow(ev, callee, arguments, node)
        case Bound():
            return follow(ev, callee.function, arguments, node, receiver=callee.receiver)
        case Instance(lost=None) if isinstance(method := callee.cls.find("__call__"), Function):
            return follow(ev, method, arguments, node, receiver=callee)
        case Method():
            return _method(ev, callee, arguments, node)
        case Builtin():
            return _builtin(ev, callee, arguments, node)
        case LibraryObject() if isinstance(node, cst.Call):
            return place_elsewhere(ev, callee, arguments, node)
        case External(name=name) if name in LIBRARY_CALLS and isinstance(node, cst.Call):
            return LIBRARY_CALLS[name](ev, arguments, node)
        case External() | Prepared():
            return _external(ev, callee, arguments, node)
    _lend_all(ev, arguments, f"`{ev.place(node).code()}`")
    if holds_graph(ev, callee):
        lend(ev, callee, node, to="a call")
    return ev.opaque(node, callee)


def _charge_making(ev: Evaluator, arguments: Arguments) -> None:
    """Count the steps of making a node or pipeline, and of copying arguments, as a node does."""
    ev.charge(_MAKING)
    for argument in arguments.given:
        if isinstance(argument.value, (Items, Table)):
            ev.charge(_READ * sum(map(size_of, ev.contained(argument.value))))


def _method(  # noqa: PLR0911 - one a kind of receiver
    ev: Evaluator, method: Method, arguments: Arguments, node: cst.CSTNode
) -> Value:
    receiver, name = method.receiver, method.name
    match receiver:
        case PipelineInstance() if name in PIPELINE_READS:
            return _read_pipeline(ev, receiver, method, arguments, node)
        case PipelineInstance() if isinstance(node, cst.Call):
            return call_pipeline(ev, receiver, name, arguments, node)
        case Super(receiver=PipelineInstance() as pipeline) if isinstance(node, cst.Call):
            if name != "__init__":
                return invoke(ev, Method(pipeline, name), arguments, node)
            initialise_pipeline(ev, pipeline, arguments, node)
            return Known(None)
        case Super() if name in {"__init__", "__post_init__", "__init_subclass__"}:
            return Known(None)
    found = _computed(ev, method, arguments, node)
    if found is not None:
        return found
    if isinstance(receiver, (Items, Table)) and name in READING_METHODS and not holds_graph(ev, receiver):
        if any(isinstance(part, (Instance, Items, Table)) and part is not receiver for part in ev.contained(receiver)):
            lend(ev, receiver, node, to=f"the method `{name}`")
        return ev.opaque(node)
    _lend_all(ev, arguments, f"the method `{name}`")
    lend(ev, receiver, node, to=f"the method `{name}`")
    return ev.opaque(node)


def _read_pipeline(
    ev: Evaluator, pipeline: PipelineInstance, method: Method, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Call a method of a pipeline that leaves the graph as it is; its nodes may run."""
    _lend_all(ev, arguments, f"the method `{method.name}`")
    run_nodes(ev, pipeline.all_nodes(), ev.place(node))
    ev.doubt()
    if method.name == "managed_execution":
        return method
    if method.name == "get_node":
        return _node_called(ev, pipeline, arguments, node)
    return ev.unknown(f"what `{method.name}` of a pipeline returns", node)


def _node_called(ev: Evaluator, pipeline: PipelineInstance, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Call `get_node`: the first node of that name, as far as the names are known."""
    for each in pipeline.all_nodes() if len(arguments.given) == 1 else ():
        match attribute_of(ev, each, "name", node), arguments.given[0].value:
            case Known(value=name), Known(value=wanted) if name == wanted:
                return each
            case Known(), Known():
                pass
            case _:
                break
    return replace(ev.unknown("which node has that name", node), graph=some_node(pipeline))


def _builtin(ev: Evaluator, callee: Builtin, arguments: Arguments, node: cst.CSTNode) -> Value:
    name = callee.name
    if name in ESCAPES:
        refuse_change(ev, None, ev.place(node), f"`{name}` may change anything")
    elif name in {"delattr", "setattr"} and arguments.given:
        return _set_by_name(ev, name, arguments, node)
    found = _special(ev, name, arguments, node) or _computed(ev, callee, arguments, node)
    if found is not None:
        return found
    for argument in arguments.given:
        if name not in HARMLESS and not (name in READERS and _is_flat(ev, argument.value)):
            lend(ev, argument.value, argument.place.node, to=f"`{name}`")
    if name == "print":
        return Known(None)
    return Live("an open file") if name == "open" else ev.opaque(node, *_values(arguments))


def _set_by_name(ev: Evaluator, function: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Call `setattr` or `delattr`; of a name that is not known nobody knows what it changes."""
    owner, *rest = _values(arguments)
    attr = rest[0] if rest else None
    if isinstance(attr, Known) and isinstance(attr.value, str) and (function == "delattr") == (len(rest) == 1):
        set_named(ev, owner, attr.value, rest[1] if len(rest) > 1 else None, node)
    elif isinstance(owner, (ProjectClass, ProjectModule)):
        refuse_change(ev, None, ev.place(node), f"`{function}` of a name that is not known")
    else:
        set_attribute(ev, owner, node)
        for argument in arguments.given:
            lend(ev, argument.value, argument.place.node, to=f"`{function}`")
    return Known(None)


def _external(ev: Evaluator, callee: External | Prepared, arguments: Arguments, node: cst.CSTNode) -> Value:
    found = _special(ev, callee.name, arguments, node) or _computed(ev, callee, arguments, node)
    if found is not None:
        return found
    _lend_all(ev, arguments, f"`{callee.name}`")
    ev.inputs.note(callee.name, node.args if isinstance(node, cst.Call) else ())
    if isinstance(callee, Prepared):
        lend(ev, callee, node, to=f"`{callee.name}`")
        return ev.opaque(node)
    return ev.opaque(node, External(callee.name, ev.place(node)))


def _computed(ev: Evaluator, callee: Value, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Compute a call; what it reads and makes costs steps by its size."""
    receiver = callee.receiver if isinstance(callee, Method) else None
    if receiver is not None and not (isinstance(callee, Method) and callee.name in _QUICK):
        ev.charge(_READ * size_of(receiver))
    for argument in arguments.given:
        ev.charge(_READ * size_of(argument.value))
    found = call_pure(ev, callee, arguments, node)
    if found is not None:
        ev.charge(size_of(found))
    return found


def _special(ev: Evaluator, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    handler = SPECIAL.get(name)
    return None if handler is None else handler(ev, arguments, node)


def _is_flat(ev: Evaluator, value: Value) -> bool:
    """Return whether handing out the items of a value does no harm: they can neither change nor be called."""
    parts = (part for part in ev.contained(value) if part is not value)
    inner = any(isinstance(part, (Bound, Coroutine, Function, Instance, Items, Iteration, Table)) for part in parts)
    return isinstance(value, (Items, Table)) and not inner and not holds_graph(ev, value)


def _values(arguments: Arguments) -> list[Value]:
    return [argument.value for argument in arguments.given]


def _lend_all(ev: Evaluator, arguments: Arguments, to: str) -> None:
    for argument in arguments.given:
        lend(ev, argument.value, argument.place.node, to=to)
