"""Calls of the project's own functions, which are followed into their bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

import libcst as cst

from remotemedia.compiler._bounds import MAX_CALLS
from remotemedia.compiler._evaluate.arguments import Arguments
from remotemedia.compiler._evaluate.frames import Facts, Frame
from remotemedia.compiler._evaluate.lifting import identity
from remotemedia.compiler._evaluate.parameters import bind_parameters
from remotemedia.compiler._evaluate.passing import lend, run_later
from remotemedia.compiler._evaluate.stops import ReturnError
from remotemedia.compiler._scope import Scope
from remotemedia.compiler._values import (
    Coroutine,
    Function,
    Instance,
    Items,
    Iteration,
    Known,
    Member,
    NotPlainError,
    PipelineInstance,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["follow", "not_followed"]

_COST_OF_PASSING: Final = 1 << 12  # in what `charge` counts: looking through a function's body is slow


@dataclass(frozen=True, eq=False)
class _Call:
    """One call of a function whose arguments are bound; `node` is where it stands."""

    function: Function
    scope: Scope
    frame: Frame
    node: cst.CSTNode


def follow(
    ev: Evaluator,
    function: Function,
    arguments: Arguments,
    node: cst.CSTNode,
    *,
    receiver: Value | None = None,
) -> Value:
    """Return what a call of a function gives, with the effects of its body applied.

    Args:
        ev: the evaluator.
        function: what is called.
        arguments: what it is given, without the receiver.
        node: the call.
        receiver: the instance or class on which it is called as a method.
    """
    facts = ev.facts(function.node)
    why = _why_not(ev, facts, arguments)
    if why is not None:
        return not_followed(ev, function, arguments, node, why=why, receiver=receiver)
    scope = Scope(
        function.scope,
        kind="function",
        local=facts.local,
        global_names=facts.global_names,
        nonlocal_names=facts.nonlocal_names,
    )
    misfit = bind_parameters(ev, function, arguments, receiver, scope)
    if misfit is not None:
        return ev.unknown(f"a call of `{function.name}` that {misfit}", node)
    call = _Call(function, scope, Frame(function, receiver, ev.frame.depth + 1), node)
    if facts.is_generator:
        return _generator(ev, call)
    if facts.is_async:
        return Coroutine(function, lambda: _run(ev, call), tuple(scope.names.values()))
    return _run_once(ev, call) if function.role == "cached" else _run(ev, call)


def _why_not(ev: Evaluator, facts: Facts, arguments: Arguments) -> str | None:
    if ev.frame.depth >= MAX_CALLS:
        return "which is called too deeply"
    if facts.is_generator and not facts.is_regular:
        return "whose `yield` is part of an expression"
    if arguments.unknown is not None:
        return f"whose arguments depend on {arguments.unknown[0].because}"
    return None


def not_followed(
    ev: Evaluator,
    function: Function,
    arguments: Arguments,
    node: cst.CSTNode,
    *,
    why: str,
    receiver: Value | None = None,
) -> Unknown:
    """Take it that a function is called without following it."""
    ev.charge(_COST_OF_PASSING)
    what = f"the function `{function.name}`, {why},"
    if receiver is not None:
        lend(ev, receiver, node, to=what)
    for argument in arguments.given:
        lend(ev, argument.value, argument.place.node, to=what)
    run_later(ev, function, ev.place(node), why=arguments.unknown[0] if arguments.unknown is not None else None)
    return ev.unknown(f"what the function `{function.name}` returns, {why}", node)


def _run(ev: Evaluator, call: _Call) -> Value:
    function = call.function
    value: Value = Known(None)
    with ev.inside(function.place.source, call.scope, _qualname(function), call.frame):
        if isinstance(function.node, cst.Lambda):
            value = ev.evaluate(function.node.body)
        else:
            made = len(ev.pipelines)
            try:
                ev.execute([function.node.body])
            except ReturnError as error:
                value = error.value
            for pipeline in ev.pipelines[made:]:
                _note_maker(pipeline, function)
    left = call.frame.ends.get("return")
    if left is not None:
        return ev.unknown(f"what `{function.name}` returns, which depends on {left.because}", call.node)
    if isinstance(value, PipelineInstance):
        _note_maker(value, function)
    return value


def _note_maker(pipeline: PipelineInstance, function: Function) -> None:
    if function.name not in pipeline.makers and not function.name.startswith("__"):
        pipeline.makers.append(function.name)


def _run_once(ev: Evaluator, call: _Call) -> Value:
    """Return what a function of `functools.cache` gives: it runs once for each set of arguments."""
    values = call.scope.names.values()
    try:
        mark = (call.function.node, *(_mark(value) for value in values))
    except NotPlainError as error:
        why = f"which depends on {ev.opaque(call.node, error.value).because}"
        return not_followed(ev, call.function, Arguments.of(values, ev.place(call.node)), call.node, why=why)
    if mark not in ev.results:
        ev.results[mark] = _run(ev, call)
    return ev.results[mark]


def _mark(value: Value) -> object:
    """Return what two arguments have in common that are the same to `functools.cache`."""
    if isinstance(value, (Instance, Member)):
        return value
    if isinstance(value, Items):
        return (value.kind, *(_mark(item) for item in value.items))
    found = identity(value)
    return found if isinstance(found, get_args(Value)) else (type(found), found)


def _generator(ev: Evaluator, call: _Call) -> Iteration:
    """Return the iterator that a call of a generator function makes: its body runs as values are asked for."""
    over = (call.function, *call.scope.names.values())
    made = Iteration(iter(()), over, context=call.function.role == "context")
    made.values = _yielded(ev, call, made)
    return made


def _yielded(ev: Evaluator, call: _Call, made: Iteration) -> Iterator[Value]:
    function, frame = call.function, call.frame
    body = ev.flow([cst.ensure_type(function.node, cst.FunctionDef).body])
    while True:
        with ev.inside(function.place.source, call.scope, _qualname(function), frame):
            try:
                value = next(body, None)
            except ReturnError:
                value = None
            except NotPlainError as error:
                made.lost = error.value if isinstance(error.value, Unknown) else ev.opaque(call.node, error.value)
        why = frame.ends.get("yield") or frame.ends.get("return")
        if why is not None:
            made.lost = Unknown(f"what `{function.name}` yields, which depends on {why.because}", why.place)
        if made.lost is not None:
            raise NotPlainError(made.lost)
        if value is None:
            return
        yield value


def _qualname(function: Function) -> str:
    return f"{function.name}.<locals>."
