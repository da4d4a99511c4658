"""Which handler evaluates which kind of syntax node; what is not here is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._evaluate import (
    assignments,
    branches,
    calls,
    definitions,
    imports,
    literals,
    names,
    operators,
    strings,
)

if TYPE_CHECKING:
    from collections.abc import Callable

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
    cst.Ellipsis: literals.ellipsis_,
    cst.Float: literals.number,
    cst.FormattedString: strings.formatted,
    cst.IfExp: operators.conditional,
    cst.Imaginary: literals.number,
    cst.Integer: literals.number,
    cst.Lambda: definitions.lambda_,
    cst.List: literals.list_,
    cst.Name: names.name,
    cst.NamedExpr: assignments.named,
    cst.Set: literals.set_,
    cst.SimpleString: literals.string,
    cst.Subscript: names.item,
    cst.Tuple: literals.tuple_,
    cst.UnaryOperation: operators.unary,
}

STATEMENTS: Final[dict[type[cst.CSTNode], Callable[[Evaluator, Any], None]]] = {
    cst.AnnAssign: assignments.annotated,
    cst.Assert: branches.assert_,
    cst.Assign: assignments.assign,
    cst.AugAssign: assignments.augmented,
    cst.ClassDef: definitions.class_,
    cst.Del: assignments.delete,
    cst.Expr: branches.expression,
    cst.FunctionDef: definitions.function,
    cst.Global: branches.nothing,
    cst.If: branches.if_,
    cst.Import: imports.import_,
    cst.ImportFrom: imports.import_from,
    cst.IndentedBlock: branches.block,
    cst.Pass: branches.nothing,
    cst.Raise: branches.raise_,
    cst.SimpleStatementLine: branches.block,
    cst.SimpleStatementSuite: branches.block,
    cst.Try: branches.try_,
}
