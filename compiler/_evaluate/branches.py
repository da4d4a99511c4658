"""Statements that choose what runs, and statements that end a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import libcst as cst

from remotemedia.compiler._evaluate.imports import can_import
from remotemedia.compiler._evaluate.operators import truth
from remotemedia.compiler._evaluate.passing import pass_over, pass_over_statement
from remotemedia.compiler._evaluate.stops import ModuleEndsError

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["assert_", "block", "expression", "if_", "nothing", "raise_", "try_"]


def block(ev: Evaluator, node: cst.SimpleStatementLine | cst.SimpleStatementSuite | cst.IndentedBlock) -> None:
    """Execute statements in order."""
    ev.execute(node.body)


def expression(ev: Evaluator, node: cst.Expr) -> None:
    """Execute an expression for its effects."""
    ev.evaluate(node.value)


def nothing(_ev: Evaluator, _node: cst.CSTNode) -> None:
    """Execute a statement without effect outside functions and loops, such as `pass`."""


def if_(ev: Evaluator, node: cst.If) -> None:
    """Execute the branch whose condition holds; if that is not known, pass over all of them."""
    current: cst.If | cst.Else | None = node
    while isinstance(current, cst.If):  # an `elif` is an `if` of its own: in turn, without recursion
        test = ev.evaluate(current.test)
        known = truth(test)
        if known is None:
            because = ev.opaque(current.test, test).because
            pass_over(ev, current.body, what=f"an `if` that depends on {because}")
            if current.orelse is not None:
                pass_over(ev, current.orelse, what=f"the other branch of an `if` that depends on {because}")
            return
        if known:
            ev.execute([current.body])
            return
        current = current.orelse
    if current is not None:
        ev.execute([current.body])


def try_(ev: Evaluator, node: cst.Try) -> None:
    """Execute a `try` whose body certainly succeeds; pass over any other."""
    lines = [line for line in node.body.body if isinstance(line, cst.SimpleStatementLine)]
    if len(lines) == len(node.body.body) and all(can_import(ev, part) for line in lines for part in line.body):
        ev.execute([node.body, *(part.body for part in (node.orelse, node.finalbody) if part is not None)])
    else:
        pass_over_statement(ev, node)


def assert_(ev: Evaluator, node: cst.Assert) -> None:
    """Execute an assertion; what it says is the program's business."""
    ev.evaluate(node.test)


def raise_(_ev: Evaluator, _node: cst.Raise) -> NoReturn:
    """Execute `raise`: nothing behind it runs."""
    raise ModuleEndsError
