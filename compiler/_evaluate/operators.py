"""Operators on known values, bounded so that no expression computes for long."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._bounds import MAX_ITEMS, MAX_TEXT
from remotemedia.compiler._evaluate.passing import holds_graph, lend, pass_over
from remotemedia.compiler._values import (
    FilePath,
    Function,
    Items,
    Known,
    LibraryClass,
    NodeInstance,
    NotPlainError,
    PipelineInstance,
    ProjectClass,
    Table,
    Unknown,
    Value,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["binary", "boolean", "combined", "comparison", "conditional", "truth", "unary"]

_BINARY: Final[dict[type[cst.CSTNode], Callable[[Any, Any], Any]]] = {
    cst.Add: operator.add,
    cst.AddAssign: operator.add,
    cst.BitAnd: operator.and_,
    cst.BitAndAssign: operator.and_,
    cst.BitOr: operator.or_,
    cst.BitOrAssign: operator.or_,
    cst.BitXor: operator.xor,
    cst.BitXorAssign: operator.xor,
    cst.Divide: operator.truediv,
    cst.DivideAssign: operator.truediv,
    cst.FloorDivide: operator.floordiv,
    cst.FloorDivideAssign: operator.floordiv,
    cst.LeftShift: operator.lshift,
    cst.LeftShiftAssign: operator.lshift,
    cst.Modulo: operator.mod,
    cst.ModuloAssign: operator.mod,
    cst.Multiply: operator.mul,
    cst.MultiplyAssign: operator.mul,
    cst.Power: operator.pow,
    cst.PowerAssign: operator.pow,
    cst.RightShift: operator.rshift,
    cst.RightShiftAssign: operator.rshift,
    cst.Subtract: operator.sub,
    cst.SubtractAssign: operator.sub,
}
_UNARY: Final[dict[type[cst.CSTNode], Callable[[Any], Any]]] = {
    cst.BitInvert: operator.invert,
    cst.Minus: operator.neg,
    cst.Plus: operator.pos,
}
_COMPARISON: Final[dict[type[cst.CSTNode], Callable[[Any, Any], Any]]] = {
    cst.Equal: operator.eq,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
    cst.In: lambda left, right: left in right,
    cst.Is: operator.is_,
    cst.IsNot: operator.is_not,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.NotEqual: operator.ne,
    cst.NotIn: lambda left, right: left not in right,
}
_FAILURES: Final = (ArithmeticError, TypeError, ValueError)
_MAX_EXPONENT: Final = 64


def binary(ev: Evaluator, node: cst.BinaryOperation) -> Value:
    """Evaluate `a + b` and its like; a chain of them from the left, without recursion."""
    chain: list[cst.BinaryOperation] = []
    first: cst.BaseExpression = node
    while isinstance(first, cst.BinaryOperation):
        chain.append(first)
        first = first.left
    value = ev.evaluate(first)
    for link in reversed(chain):
        value = combined(ev, value, link.operator, ev.evaluate(link.right), link)
    return value


def combined(ev: Evaluator, left: Value, sign: cst.CSTNode, right: Value, node: cst.CSTNode) -> Value:
    """Return what a binary operator makes of two values."""
    unknown = ev.opaque(node, left, right)
    match left, right:
        case FilePath(), FilePath(path=path) | Known(value=str() as path) if isinstance(sign, cst.Divide):
            return FilePath(left.path / path)
        case Items(), Items() if isinstance(sign, (cst.Add, cst.AddAssign)) and left.kind == right.kind != "set":
            if len(left.items) + len(right.items) <= MAX_ITEMS:
                return Items(left.kind, left.items + right.items, left.lost or right.lost)
        case Known(), Known():
            return _computed(left.value, sign, right.value, unknown)
    for side in (left, right):
        if holds_graph(ev, side):
            lend(ev, side, node, to="an operator")
    return unknown


def unary(ev: Evaluator, node: cst.UnaryOperation) -> Value:
    """Evaluate `-a`, `not a` and their like."""
    value = ev.evaluate(node.expression)
    if isinstance(node.operator, cst.Not):
        known = truth(value)
        return ev.opaque(node, value) if known is None else Known(not known)
    if isinstance(value, Known):
        try:
            return Known(_UNARY[type(node.operator)](value.value))
        except _FAILURES:
            pass
    return ev.opaque(node, value)


def boolean(ev: Evaluator, node: cst.BooleanOperation) -> Value:
    """Evaluate `a and b`, `a or b`: the second only if the first does not decide."""
    left = ev.evaluate(node.left)
    known = truth(left)
    if known is None:
        if holds_graph(ev, left):
            lend(ev, left, node.left, to="a condition")
        pass_over(ev, node.right, what="a condition that is not known")
        return ev.opaque(node, left)
    return ev.evaluate(node.right) if known == isinstance(node.operator, cst.And) else left


def conditional(ev: Evaluator, node: cst.IfExp) -> Value:
    """Evaluate `a if b else c`."""
    test = ev.evaluate(node.test)
    known = truth(test)
    if known is None:
        pass_over(ev, node.body, what="a condition that is not known")
        pass_over(ev, node.orelse, what="a condition that is not known")
        return ev.opaque(node, test)
    return ev.evaluate(node.body if known else node.orelse)


def comparison(ev: Evaluator, node: cst.Comparison) -> Value:
    """Evaluate `a < b <= c`."""
    left = ev.evaluate(node.left)
    result = True
    for target in node.comparisons:
        right = ev.evaluate(target.comparator)
        try:
            result = result and bool(_COMPARISON[type(target.operator)](plain(left), plain(right)))
        except NotPlainError as error:
            return ev.opaque(node, error.value)
        except _FAILURES:
            return ev.opaque(node)
        left = right
    return Known(result)


def truth(value: Value) -> bool | None:  # noqa: PLR0911 - one a kind of value
    """Return whether a value is true in a condition, if that is known."""
    match value:
        case Known():
            return bool(value.value)
        case Items(lost=None):
            return bool(value.items)
        case Table(lost=None):
            return bool(value.entries)
        case FilePath() | PipelineInstance() | Function() | LibraryClass() | ProjectClass():
            return True
        case NodeInstance(cls=ProjectClass() as cls):
            own = {name for base in cls.mro if isinstance(base, ProjectClass) for name in base.own.names}
            return None if own & {"__bool__", "__len__"} else True
        case NodeInstance():
            return True
    return None


def _computed(left: Any, sign: cst.CSTNode, right: Any, unknown: Unknown) -> Value:
    if not _is_cheap(left, sign, right):
        return unknown
    try:
        result = _BINARY[type(sign)](left, right)
    except (*_FAILURES, KeyError):
        return unknown
    return Known(result)


def _is_cheap(left: Any, sign: cst.CSTNode, right: Any) -> bool:
    """Return whether an operation is bounded in time and size."""
    sizes = [value.bit_length() if isinstance(value, int) else len(value) if isinstance(value, (str, bytes)) else 0
             for value in (left, right)]  # fmt: skip
    if max(sizes) > MAX_TEXT:
        return False
    texts = isinstance(left, (str, bytes)) or isinstance(right, (str, bytes))
    if isinstance(sign, (cst.Modulo, cst.ModuloAssign)):
        return not texts  # `%` formats, and a width may be any number
    if isinstance(sign, (cst.Multiply, cst.MultiplyAssign)) and texts:
        repeated, times = (left, right) if isinstance(left, (str, bytes)) else (right, left)
        return isinstance(times, int) and len(repeated) * max(times, 0) <= MAX_TEXT
    if isinstance(sign, (cst.Power, cst.PowerAssign)) and isinstance(left, int) and isinstance(right, int):
        return abs(right) <= _MAX_EXPONENT
    if isinstance(sign, (cst.LeftShift, cst.LeftShiftAssign)):
        return isinstance(right, int) and right <= MAX_TEXT
    return True
