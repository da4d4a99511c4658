"""Which handler evaluates which kind of syntax node; what is not here is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._evaluate import (
    assignments,
    branches,
    calls,
    contexts,
    definitions,
    literals,
    loops,
    matching,
    names,
    operators,
    strings,
    trials,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from remotemedia.compiler._evaluate.evaluator import Evaluator
    from remotemedia.compiler._values import Value

__all__ = ["EXPRESSIONS", "STATEMENTS"]

EXPRESSIONS: Final[dict[type[cst.CSTNode], Callable[[Evaluator, Any], Value]]] = {
    cst.Attribute: calls.call,
    cst.Await: calls.await_,
    cst.BinaryOperation: operators.binary,
    cst.BooleanOperation: operators.boolean,
    cst.Call: calls.call,
    cst.Comparison: operators.comparison,
    cst.ConcatenatedString: literals.concatenated,
    cst.Dict: literals.table,
    cst.DictComp: loops.dict_comprehension,
    cst.Ellipsis: literals.ellipsis_,
    cst.Float: literals.number,
    cst.FormattedString: strings.formatted,
    cst.GeneratorExp: loops.generator,
    cst.IfExp: operators.conditional,
    cst.Imaginary: literals.number,
    cst.Integer: literals.number,
    cst.Lambda: definitions.lambda_,
    cst.List: literals.list_,
    cst.ListComp: loops.list_comprehension,
    cst.Name: names.name,
    cst.NamedExpr: assignments.named,
    cst.Set: literals.set_,
    cst.SetComp: loops.set_comprehension,
    cst.SimpleString: literals.string,
    cst.Subscript: names.item,
    cst.Tuple: literals.tuple_,
    cst.UnaryOperation: operators.unary,
}

STATEMENTS: Final[dict[type[cst.CSTNode], Callable[[Evaluator, Any], Iterator[Value] | None]]] = {
    cst.AnnAssign: assignments.annotated,
    cst.Assert: branches.assert_,
    cst.Assign: assignments.assign,
    cst.AugAssign: assignments.augmented,
    cst.Break: loops.break_,
    cst.ClassDef: definitions.class_,
    cst.Continue: loops.continue_,
    cst.Del: assignments.delete,
    cst.Expr: branches.expression,
    cst.For: loops.for_,
    cst.FunctionDef: definitions.function,
    cst.Global: branches.nothing,
    cst.If: branches.if_,
    cst.Import: branches.import_,
    cst.ImportFrom: branches.import_,
    cst.IndentedBlock: branches.block,
    cst.Match: matching.match,
    cst.Nonlocal: branches.nothing,
    cst.Pass: branches.nothing,
    cst.Raise: branches.raise_,
    cst.Return: branches.return_,
    cst.SimpleStatementLine: branches.line,
    cst.SimpleStatementSuite: branches.line,
    cst.Try: trials.try_,
    cst.TryStar: trials.try_,
    cst.While: loops.while_,
    cst.With: contexts.with_,
}
