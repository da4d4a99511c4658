"""`with`: of pipelines, files, context managers of the project, and any others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Arguments
from remotemedia.compiler._evaluate.assignments import bind
from remotemedia.compiler._evaluate.names import attribute_of
from remotemedia.compiler._evaluate.passing import lend, pass_over, refuse_change
from remotemedia.compiler._evaluate.stops import BreakError, ContinueError, ReturnError, RunEndsError
from remotemedia.compiler._evaluate.trials import guarded
from remotemedia.compiler._tree import walk
from remotemedia.compiler._values import (
    Function,
    Instance,
    Iteration,
    Known,
    Method,
    NotPlainError,
    OpenFile,
    PipelineInstance,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["with_"]


def with_(ev: Evaluator, node: cst.With) -> Iterator[Value]:
    """Execute `with a as b, c as d`: from the left, as if nested."""
    yield from _entered(ev, node, node.items)


def _entered(ev: Evaluator, node: cst.With, items: Sequence[cst.WithItem]) -> Iterator[Value]:
    if not items:
        yield from ev.flow([node.body])
        return
    first, rest = items[0], items[1:]
    manager = ev.evaluate(first.item)
    match manager:
        case Method(receiver=PipelineInstance() as pipeline, name="managed_execution"):
            _bind(ev, first, pipeline)
            yield from _entered(ev, node, rest)
        case OpenFile():
            _bind(ev, first, manager)
            yield from _entered(ev, node, rest)
        case Iteration(context=True, lost=None) if not _catches(manager.over[0]):
            yield from _generated(ev, node, first, rest, manager)
        case Instance(lost=None) if not _is_async(node) and not _catches(manager.cls.find("__exit__")):
            _bind(ev, first, _call(ev, manager, "__enter__", (), first))
            yield from _left(ev, node, rest, lambda: _call(ev, manager, "__exit__", (Known(None),) * 3, first))
        case _:
            yield from _foreign(ev, node, first, rest, manager)


def _generated(
    ev: Evaluator, node: cst.With, first: cst.WithItem, rest: Sequence[cst.WithItem], manager: Iteration
) -> Iterator[Value]:
    """Execute the body inside a generator of the project that is a context manager by `contextlib`."""
    try:
        value = next(manager.values, None)
        if value is None:  # it fails: a context manager has to yield
            ev.doubt()
            return
        _bind(ev, first, value)
        yield from _left(ev, node, rest, lambda: next(manager.values, None))
    except NotPlainError as error:
        why = ev.opaque(first.item, error.value)
        what = f"a `with` statement that depends on {why.because}"
        pass_over(ev, node, what=what, evaluated=first.item, why=why)


def _left(ev: Evaluator, node: cst.With, rest: Sequence[cst.WithItem], leave: Callable[[], object]) -> Iterator[Value]:
    """Execute the body of a context manager that is followed, and leave that however the body ends."""
    try:
        yield from _entered(ev, node, rest)
    except (BreakError, ContinueError, ReturnError):
        leave()
        raise
    except RunEndsError as error:
        if ev.guards or error.is_exit:  # what the manager does then matters, and is not followed
            refuse_change(ev, None, ev.place(node), "its body ends by an exception")
        raise
    ends, ev.frame.ends = ev.frame.ends, {}
    leave()
    ev.frame.ends = ends | ev.frame.ends


def _foreign(
    ev: Evaluator, node: cst.With, first: cst.WithItem, rest: Sequence[cst.WithItem], manager: Value
) -> Iterator[Value]:
    """Execute the body inside a context manager that may catch its exceptions."""
    lend(ev, manager, first.item, to="a `with` statement")
    if first.asname is not None:
        bind(ev, first.asname.name, ev.opaque(first.item, manager), first.item)
    for item in rest:
        value = ev.evaluate(item.item)
        lend(ev, value, item.item, to="a `with` statement")
        if item.asname is not None:
            bind(ev, item.asname.name, ev.opaque(item.item, value), item.item)
    try:
        yield from guarded(ev, node.body, "a `with` statement")
    except RunEndsError as error:
        if error.is_exit:
            refuse_change(ev, None, ev.place(node), "it may keep the program from ending")
        ev.doubt()


def _catches(code: Value | None) -> bool:
    """Return whether code that leaves a context may keep an exception from going on."""
    if not isinstance(code, Function) or isinstance(code.node, cst.Lambda):
        return True
    for part in walk(code.node.body):
        match part:
            case cst.Try() | cst.TryStar() if part.handlers:
                return True
            case cst.Return(value=None | cst.Name(value="None" | "False")):
                pass
            case cst.Return():
                return True
    return False


def _bind(ev: Evaluator, item: cst.WithItem, value: Value) -> None:
    if item.asname is not None:
        bind(ev, item.asname.name, value, item.item)


def _is_async(node: cst.With) -> bool:
    return node.asynchronous is not None


def _call(ev: Evaluator, manager: Instance, name: str, given: tuple[Value, ...], item: cst.WithItem) -> Value:
    method = attribute_of(ev, manager, name, item)
    return ev.call(method, Arguments.of(given, ev.place(item)), item.item)
