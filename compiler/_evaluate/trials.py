"""Statements that catch exceptions: `try`, and `with` of context managers that may.

The evaluator does not know which operations of a program fail, only which may: those that make something unknown. What
stands in front of the first such operation certainly runs, what stands behind it may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._evaluate.frames import Guard, exits
from remotemedia.compiler._evaluate.passing import forget, pass_over
from remotemedia.compiler._evaluate.stops import BreakError, ContinueError, ReturnError, RunEndsError
from remotemedia.compiler._tree import dotted_name
from remotemedia.compiler._values import External, Value

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["ENDING_FUNCTIONS", "guarded", "try_"]

ENDING_FUNCTIONS: Final = frozenset({"exit", "os._exit", "os.abort", "quit", "sys.exit"})
"""Functions that end the program."""


_SIGNALS: Final = frozenset({
    "CancelledError", "GeneratorExit", "KeyboardInterrupt", "asyncio.CancelledError",
})  # fmt: skip


def try_(ev: Evaluator, node: cst.Try | cst.TryStar) -> Iterator[Value]:
    """Execute `try`; its `finally` runs however the rest ends."""
    try:
        yield from _caught(ev, node)
    except (BreakError, ContinueError, ReturnError, RunEndsError):
        yield from _finally(ev, node)
        raise
    yield from _finally(ev, node)


def guarded(ev: Evaluator, body: cst.BaseSuite, what: str) -> Generator[Value, None, bool]:
    """Execute code whose exceptions are caught.

    Args:
        ev: the evaluator.
        body: the code.
        what: what catches them, with an article.

    Returns:
        Whether the code certainly runs to its end.
    """
    guard = Guard()
    ev.guards.append(guard)
    statements = list(body.body)
    try:
        for at, statement in enumerate(statements):
            yield from ev.flow([statement])
            if guard.version is not None and guard.why is not None:
                if guard.version == ev.version():
                    forget(ev, statement, what=f"a statement that may fail in {what}")
                else:
                    pass_over(ev, statement, what=f"a statement that may fail in {what}", why=guard.why)
                for rest in statements[at + 1 :]:
                    pass_over(ev, rest, what=f"{what}, behind {guard.why.because}", why=guard.why)
                return False
            if ev.frame.ends:
                for rest in statements[at + 1 :]:
                    pass_over(ev, rest, what=f"{what}, behind something that may leave it")
                return True
    finally:
        ev.guards.remove(guard)
    return True


def _finally(ev: Evaluator, node: cst.Try | cst.TryStar) -> Iterator[Value]:
    if node.finalbody is None:
        return
    ends, ev.frame.ends = ev.frame.ends, {}
    yield from ev.flow([node.finalbody.body])
    ev.frame.ends = ends | ev.frame.ends


def _caught(ev: Evaluator, node: cst.Try | cst.TryStar) -> Iterator[Value]:
    succeeds = True
    if all(_catches_signals(handler) or _ends_program(ev, handler.body) for handler in node.handlers):
        yield from ev.flow([node.body])
    else:
        try:
            succeeds = yield from guarded(ev, node.body, "a `try` statement")
        except RunEndsError as error:
            if error.is_exit and not any(_catches_exit(ev, handler) for handler in node.handlers):
                raise
            ev.doubt()  # another exception may be raised than those that are caught
            _pass_over_handlers(ev, node)
            return
    if not succeeds:
        _pass_over_handlers(ev, node)
        if node.orelse is not None:
            pass_over(ev, node.orelse, what="the `else` of a `try` statement")
    elif node.orelse is not None and not ev.frame.ends:
        yield from ev.flow([node.orelse.body])


def _pass_over_handlers(ev: Evaluator, node: cst.Try | cst.TryStar) -> None:
    for handler in node.handlers:
        pass_over(ev, handler, what="a handler of a `try` statement")


def _catches_exit(ev: Evaluator, handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    """Return whether a handler may catch what `sys.exit` raises."""
    return not all(
        isinstance(kind, cst.Name)
        and ev.scope.find(kind.value) is None
        and kind.value not in {"BaseException", "BaseExceptionGroup", "SystemExit"}
        for kind in _kinds(handler)
    )


def _catches_signals(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    """Return whether a handler catches only what someone outside the program asks for, and no operation raises."""
    return handler.type is not None and all(
        kind is not None and dotted_name(kind) in _SIGNALS for kind in _kinds(handler)
    )


def _kinds(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> list[cst.BaseExpression | None]:
    return [part.value for part in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]


def _ends_program(ev: Evaluator, body: cst.BaseSuite) -> bool:
    """Return whether a handler certainly ends the program, or hands the exception on."""
    last = body.body[-1] if body.body else None
    if exits(body):
        return False
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    if isinstance(last, cst.Expr) and isinstance(last.value, cst.Call):
        name = dotted_name(last.value.func) or ""
        first = ev.scope.find(name.partition(".")[0])
        return name in ENDING_FUNCTIONS and (
            first is None or (isinstance(first, External) and first.name in {"os", "sys"})
        )
    return isinstance(last, cst.Raise)
