"""Statements that choose what runs, and statements that end something."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import libcst as cst

from remotemedia.compiler._evaluate import imports
from remotemedia.compiler._evaluate.assignments import bind
from remotemedia.compiler._evaluate.imports import can_import
from remotemedia.compiler._evaluate.iterables import iterated
from remotemedia.compiler._evaluate.operators import truth
from remotemedia.compiler._evaluate.passing import holds_graph, lend, pass_over
from remotemedia.compiler._evaluate.stops import ReturnError, RunEndsError
from remotemedia.compiler._values import Known, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["assert_", "block", "expression", "if_", "import_", "line", "nothing", "raise_", "return_"]


def block(ev: Evaluator, node: cst.IndentedBlock) -> Iterator[Value]:
    """Execute statements in order."""
    return ev.flow(node.body)


def line(ev: Evaluator, node: cst.SimpleStatementLine | cst.SimpleStatementSuite) -> Iterator[Value] | None:
    """Execute the statements of one line in order; only such a one yields that is a statement of its own."""
    if any(_yield_of(statement) is not None for statement in node.body):
        return _yielding(ev, node)
    if len(node.body) == 1:  # the usual case, without the cost of a generator
        return ev.apply(node.body[0])
    return ev.flow(node.body)


def expression(ev: Evaluator, node: cst.Expr) -> None:
    """Execute an expression for its effects."""
    ev.evaluate(node.value)


def import_(ev: Evaluator, node: cst.Import | cst.ImportFrom) -> None:
    """Execute an import; one of a module from outside may fail."""
    if not can_import(ev, node):
        ev.doubt()
    if isinstance(node, cst.Import):
        imports.import_(ev, node)
    else:
        imports.import_from(ev, node)


def nothing(_ev: Evaluator, _node: cst.CSTNode) -> None:
    """Execute a statement without effect of its own, such as `pass`."""


def if_(ev: Evaluator, node: cst.If) -> Iterator[Value]:
    """Execute the branch whose condition holds; if that is not known, pass over all of them."""
    current: cst.If | cst.Else | None = node
    while isinstance(current, cst.If):  # an `elif` is an `if` of its own: in turn, without recursion
        test = ev.evaluate(current.test)
        known = truth(test)
        if known is None:
            why = ev.opaque(current.test, test)
            if holds_graph(ev, test):
                lend(ev, test, current.test, to="a condition")
            pass_over(ev, current.body, what=f"an `if` that depends on {why.because}", why=why)
            if current.orelse is not None:
                what = f"the other branch of an `if` that depends on {why.because}"
                pass_over(ev, current.orelse, what=what, why=why)
            return
        if known:
            yield from ev.flow([current.body])
            return
        current = current.orelse
    if current is not None:
        yield from ev.flow([current.body])


def assert_(ev: Evaluator, node: cst.Assert) -> None:
    """Execute an assertion: one that is known to fail ends the program."""
    test = ev.evaluate(node.test)
    known = truth(test)
    if known is None:
        ev.opaque(node.test, test)
    elif not known:
        raise RunEndsError


def raise_(ev: Evaluator, node: cst.Raise) -> NoReturn:
    """Execute `raise`: nothing behind it runs."""
    if node.exc is not None:
        ev.evaluate(node.exc)
    raise RunEndsError


def return_(ev: Evaluator, node: cst.Return) -> NoReturn:
    """Execute `return`."""
    raise ReturnError(Known(None) if node.value is None else ev.evaluate(node.value))


def _yield_of(statement: cst.CSTNode) -> cst.Yield | None:
    if isinstance(statement, (cst.Expr, cst.Assign)) and isinstance(statement.value, cst.Yield):
        return statement.value
    return None


def _yielding(ev: Evaluator, node: cst.SimpleStatementLine | cst.SimpleStatementSuite) -> Iterator[Value]:
    """Execute a line with a `yield` that is a statement, or all of an assigned value."""
    for statement in node.body:
        found = _yield_of(statement)
        if found is None:
            yield from ev.flow([statement])
            continue
        result: Value = Known(None)
        if isinstance(found.value, cst.From):
            source = ev.evaluate(found.value.item)
            yield from iterated(ev, source, found)
            result = ev.unknown("what `yield from` gives", found)
        else:
            yield Known(None) if found.value is None else ev.evaluate(found.value)
        if isinstance(statement, cst.Assign):
            for target in statement.targets:
                bind(ev, target.target, result, found)
