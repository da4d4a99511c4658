"""Operators on known values, bounded so that no expression computes for long."""

from __future__ import annotations

import operator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._bounds import MAX_ITEMS, MAX_TEXT
from remotemedia.compiler._evaluate.arrays import array_operation, array_unary
from remotemedia.compiler._evaluate.computing import FAILURES
from remotemedia.compiler._evaluate.iterables import iterated
from remotemedia.compiler._evaluate.lifting import identity, lifted
from remotemedia.compiler._evaluate.objects import is_own_only, truth_of
from remotemedia.compiler._evaluate.own_operators import contains, has_operators, operated
from remotemedia.compiler._evaluate.passing import holds_graph, lend, pass_over
from remotemedia.compiler._evaluate.strings import percent
from remotemedia.compiler._values import (
    ArrayValue,
    Bound,
    Builtin,
    Declared,
    External,
    FilePath,
    Function,
    Instance,
    Items,
    Iteration,
    Known,
    LibraryClass,
    LibraryObject,
    Member,
    Method,
    NodeInstance,
    NotPlainError,
    OpenFile,
    PipelineInstance,
    ProjectClass,
    Table,
    Unknown,
    Value,
    View,
    plain,
    size_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["binary", "boolean", "combined", "compared", "comparison", "conditional", "truth", "unary"]

_BINARY: Final[dict[type[cst.CSTNode], Callable[[Any, Any], Any]]] = {
    cst.Add: operator.add,
    cst.BitAnd: operator.and_,
    cst.BitOr: operator.or_,
    cst.BitXor: operator.xor,
    cst.Divide: operator.truediv,
    cst.FloorDivide: operator.floordiv,
    cst.LeftShift: operator.lshift,
    cst.MatrixMultiply: operator.matmul,
    cst.Modulo: operator.mod,
    cst.Multiply: operator.mul,
    cst.Power: operator.pow,
    cst.RightShift: operator.rshift,
    cst.Subtract: operator.sub,
}
_IN_PLACE: Final[dict[type[cst.CSTNode], tuple[type[cst.CSTNode], Callable[[Any, Any], Any]]]] = {
    cst.AddAssign: (cst.Add, operator.iadd),
    cst.BitAndAssign: (cst.BitAnd, operator.iand),
    cst.BitOrAssign: (cst.BitOr, operator.ior),
    cst.BitXorAssign: (cst.BitXor, operator.ixor),
    cst.DivideAssign: (cst.Divide, operator.itruediv),
    cst.FloorDivideAssign: (cst.FloorDivide, operator.ifloordiv),
    cst.LeftShiftAssign: (cst.LeftShift, operator.ilshift),
    cst.MatrixMultiplyAssign: (cst.MatrixMultiply, operator.imatmul),
    cst.ModuloAssign: (cst.Modulo, operator.imod),
    cst.MultiplyAssign: (cst.Multiply, operator.imul),
    cst.PowerAssign: (cst.Power, operator.ipow),
    cst.RightShiftAssign: (cst.RightShift, operator.irshift),
    cst.SubtractAssign: (cst.Subtract, operator.isub),
}
"""Signs of augmented assignment: the sign that makes a new value, and what changes an array in place."""

_SET_METHODS: Final[dict[type[cst.CSTNode], str]] = {
    cst.BitAnd: "intersection",
    cst.BitOr: "union",
    cst.BitXor: "symmetric_difference",
    cst.Subtract: "difference",
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
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.NotEqual: operator.ne,
}
_OLDEST: Final = (3, 11)  # the oldest Python that is supported
_MAX_EXPONENT: Final = 64
_OWN_IDENTITY: Final = (Function, Instance, LibraryClass, Member, NodeInstance, PipelineInstance, ProjectClass)


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
    """Return what a binary operator makes of two values; an array on the left of `+=` is changed in place."""
    kind, in_place = _IN_PLACE.get(type(sign), (type(sign), None))
    if has_operators(left) or has_operators(right):
        result = operated(ev, left, (kind, in_place is not None), right, node)
        if result is not None:
            return result
    made: Value | None = None
    at_fault: Value = Known(None)
    try:
        made = _combined(ev, left, (kind, in_place), right, node)
    except NotPlainError as error:
        at_fault = error.value
    except FAILURES:
        pass
    if made is not None:
        return made
    unknown = ev.opaque(node, left, right, at_fault)
    if in_place is not None and isinstance(left, ArrayValue):
        left.lost = left.lost or unknown
    for side in (left, right):
        if holds_graph(ev, side) or has_operators(side):
            lend(ev, side, node, to="an operator")
    return unknown


def _combined(  # noqa: C901, PLR0911 - one a pair of kinds
    ev: Evaluator,
    left: Value,
    sign: tuple[type[cst.CSTNode], Callable[[Any, Any], Any] | None],
    right: Value,
    node: cst.CSTNode,
) -> Value | None:
    kind, in_place = sign
    match left, right:
        case (FilePath(path=one), FilePath(path=other) | Known(value=str() as other)) if kind is cst.Divide:
            return FilePath(one / other)
        case (Known(value=str() as one), FilePath(path=other)) if kind is cst.Divide:
            return FilePath(one / other)
        case (ArrayValue(), _) | (_, ArrayValue()):
            function = in_place if in_place is not None and isinstance(left, ArrayValue) else _BINARY[kind]
            return array_operation(ev, left, function, right, node)
        case Known(value=str() as text), _ if kind is cst.Modulo:
            return Known(percent(text, plain(right)))
        case (Items(kind="set" | "frozenset", lost=None), Items(kind="set" | "frozenset", lost=None)):
            return _of_sets(ev, left, kind, right, node)
        case Items(), Items() if kind is cst.Add and left.kind == right.kind:
            if len(left.items) + len(right.items) <= MAX_ITEMS:
                return Items(left.kind, left.items + right.items, left.lost or right.lost)
        case (Items(lost=None), Known() | Member()) | (Known() | Member(), Items(lost=None)):
            items, times = (left, right) if isinstance(left, Items) else (right, left)
            return _repeated(items, kind, plain(times))
        case Table(lost=None, kind="dict"), Table(lost=None, kind="dict") if kind is cst.BitOr:
            if len(left.entries) + len(right.entries) <= MAX_ITEMS:
                return Table(left.entries | right.entries)
        case (Known() | Member(), Known() | Member()):
            one, other = plain(left), plain(right)
            return lifted(_BINARY[kind](one, other)) if is_cheap(one, kind, other) else None
    return None


def _of_sets(ev: Evaluator, left: Items, kind: type[cst.CSTNode], right: Items, node: cst.CSTNode) -> Value | None:
    if kind not in _SET_METHODS:
        return None
    ev.step(ev.source, node)
    mine, others = ({identity(item): item for item in side.items} for side in (left, right))
    keys = _BINARY[kind](mine.keys(), others.keys())
    is_other_kept = kind is cst.BitAnd and len(others) <= len(mine)  # of equal items, as CPython does it
    return Items(
        left.kind, [item for key, item in (mine | others if is_other_kept else others | mine).items() if key in keys]
    )


def _repeated(items: Value, kind: type[cst.CSTNode], times: Any) -> Value | None:
    if not isinstance(items, Items) or kind is not cst.Multiply or items.kind not in {"list", "tuple"}:
        return None
    if not isinstance(times, int):
        return None
    return Items(items.kind, items.items * times) if len(items.items) * times <= MAX_ITEMS else None


def unary(ev: Evaluator, node: cst.UnaryOperation) -> Value:
    """Evaluate `-a`, `not a` and their like."""
    value = ev.evaluate(node.expression)
    if isinstance(node.operator, cst.Not):
        known = truth(value)
        return ev.opaque(node, value) if known is None else Known(not known)
    try:
        match value:
            case Known() | Member():
                return lifted(_UNARY[type(node.operator)](plain(value))) or ev.opaque(node, value)
            case ArrayValue(lost=None):
                return array_unary(ev, _UNARY[type(node.operator)], value, node) or ev.opaque(node, value)
    except (*FAILURES, NotPlainError):
        pass
    return ev.opaque(node, value)


def boolean(ev: Evaluator, node: cst.BooleanOperation) -> Value:
    """Evaluate `a and b`, `a or b`: the second only if the first does not decide."""
    left = ev.evaluate(node.left)
    known = truth(left)
    if known is None:
        if holds_graph(ev, left):
            lend(ev, left, node.left, to="a condition")
        why = ev.opaque(node, left)
        pass_over(ev, node.right, what=f"a condition that depends on {why.because}", why=why)
        return why
    return ev.evaluate(node.right) if known == isinstance(node.operator, cst.And) else left


def conditional(ev: Evaluator, node: cst.IfExp) -> Value:
    """Evaluate `a if b else c`."""
    test = ev.evaluate(node.test)
    known = truth(test)
    if known is None:
        why = ev.opaque(node, test)
        for branch in (node.body, node.orelse):
            pass_over(ev, branch, what=f"a condition that depends on {why.because}", why=why)
        return why
    return ev.evaluate(node.body if known else node.orelse)


def comparison(ev: Evaluator, node: cst.Comparison) -> Value:
    """Evaluate `a < b <= c`; what stands behind the first that does not hold is not evaluated."""
    left = ev.evaluate(node.left)
    for at, target in enumerate(node.comparisons):
        right = ev.evaluate(target.comparator)
        ev.charge(4 * (size_of(left) + size_of(right)))
        try:
            result = compared(ev, left, target.operator, right, node)
        except NotPlainError as error:
            result = ev.opaque(node, left, right, error.value)
        except FAILURES:
            result = ev.opaque(node, left, right)
        if at == len(node.comparisons) - 1:
            return result
        known = truth(result)
        if known is None:
            why = ev.opaque(node, result)
            for later in node.comparisons[at + 1 :]:
                pass_over(ev, later.comparator, what=f"a comparison that depends on {why.because}", why=why)
            return why
        if not known:
            return result
        left = right
    return ev.opaque(node)


def compared(  # noqa: C901, PLR0911 - one a pair of kinds
    ev: Evaluator, left: Value, sign: cst.CSTNode, right: Value, node: cst.CSTNode
) -> Value:
    """Return what a comparison of two values gives.

    Raises:
        NotPlainError: it is not known.
        TypeError: and others of `FAILURES`: Python refuses it.
    """
    if isinstance(left, External) and left.name == "sys.version_info":
        return Known(_of_version(sign, plain(right)))
    match sign:
        case cst.Is() | cst.IsNot():
            same = _is_same(left, right)
            if same is None:
                raise NotPlainError(ev.opaque(node, left, right))
            return Known(same == isinstance(sign, cst.Is))
        case cst.In() | cst.NotIn():
            return Known(_is_in(ev, left, right, node) == isinstance(sign, cst.In))
    if isinstance(left, ArrayValue) or isinstance(right, ArrayValue):
        made = array_operation(ev, left, _COMPARISON[type(sign)], right, node)
        if made is None:
            raise NotPlainError(ev.opaque(node, left, right))
        return made
    if all(isinstance(side, Items) and side.kind in {"set", "frozenset"} for side in (left, right)):
        one, other = ({identity(item) for item in side.items} for side in (left, right) if isinstance(side, Items))
        for side in (left, right):
            _check(side)
        return Known(_COMPARISON[type(sign)](one, other))
    if isinstance(left, Instance) and isinstance(right, Instance) and isinstance(sign, (cst.Equal, cst.NotEqual)):
        from remotemedia.compiler._evaluate.records import are_equal  # noqa: PLC0415 - it compares fields

        same = are_equal(ev, left, right, node)
        if same is not None:
            return Known(same == isinstance(sign, cst.Equal))
    one, other = (_comparable(side) for side in (left, right))
    return lifted(_COMPARISON[type(sign)](one, other)) or ev.opaque(node, left, right)


def _of_version(sign: cst.CSTNode, version: Any) -> bool:
    """Return how every Python that runs `remotemedia` compares with a version.

    Raises:
        TypeError: they do not all compare alike.
    """
    if not isinstance(version, tuple) or version > _OLDEST:
        raise TypeError(version)
    if isinstance(sign, (cst.GreaterThan, cst.GreaterThanEqual, cst.LessThan, cst.LessThanEqual)):
        return isinstance(sign, (cst.GreaterThan, cst.GreaterThanEqual))
    raise TypeError(sign)


def _comparable(value: Value) -> Any:
    """Return what stands for a value when it is compared: nodes, functions and classes equal themselves only."""
    return identity(value) if isinstance(value, _OWN_IDENTITY) else plain(value)


def _check(value: Value) -> None:
    lost = getattr(value, "lost", None)
    if lost is not None:
        raise NotPlainError(lost)


def _is_same(left: Value, right: Value) -> bool | None:
    """Return whether two values are one object, if that is known."""
    if left is right:
        return True
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Known) and (one.value is None or isinstance(one.value, bool) or one.value is ...):
            if isinstance(other, Known):
                return one.value is other.value
            return None if isinstance(other, (Unknown, External, Declared)) else False
    if isinstance(left, Builtin) and isinstance(right, Builtin):
        return left.name == right.name
    return False if isinstance(left, _OWN_IDENTITY) and isinstance(right, _OWN_IDENTITY) else None


def _is_in(  # noqa: PLR0911 - one a kind of container
    ev: Evaluator, left: Value, right: Value, node: cst.CSTNode
) -> bool:
    match right:
        case Known(value=container):
            return _IN(plain(left), container)
        case Table(lost=None) | View(lost=None, part="keys"):
            entries = right.entries if isinstance(right, Table) else right.table.entries
            return identity(left) in entries
        case Items(lost=None, kind="set" | "frozenset"):
            return identity(left) in {identity(item) for item in right.items}
        case Items(lost=None):
            wanted = _comparable(left)
            return any(item is left or wanted == _comparable(item) for item in right.items)
        case ProjectClass(is_enum=True) if isinstance(left, Member):
            return left.cls is right
        case Instance(lost=None) if (found := contains(ev, right, left, node)) is not None:
            return found
        case View(lost=None) | ArrayValue(lost=None):
            wanted = plain(left)
            return any(bool(wanted == plain(item)) for item in iterated(ev, right, node))
    raise NotPlainError(ev.opaque(node, right, left))


_IN: Final[Callable[[Any, Any], bool]] = lambda left, right: left in right  # noqa: E731 - as the others of its table


def truth(value: Value) -> bool | None:  # noqa: C901, PLR0911 - one a kind of value
    """Return whether a value is true in a condition, if that is known."""
    match value:
        case Known():
            return bool(value.value)
        case Items(lost=None):
            return bool(value.items)
        case Table(lost=None):
            return bool(value.entries)
        case View(lost=None):
            return bool(value.table.entries)
        case ArrayValue(lost=None) if value.array.size == 1:
            return bool(value.array)
        case FilePath() | Function() | Iteration() | LibraryClass() | LibraryObject() | OpenFile() | PipelineInstance():
            return True
        case ProjectClass():
            return True
        case NodeInstance(cls=ProjectClass() as cls):
            own = {name for base in cls.mro if isinstance(base, ProjectClass) for name in base.own.names}
            return None if own & {"__bool__", "__len__"} else True
        case NodeInstance() | Bound() | Method():
            return True
        case Instance():
            return truth_of(value)
        case Member(cls=cls):
            if value.real is not None:
                return bool(value.real)
            return True if is_own_only(value) and cls.find("__bool__") is None else None
    return None


def is_cheap(left: Any, kind: type[cst.CSTNode], right: Any) -> bool:
    """Return whether an operation on scalars is bounded in time and size."""
    sizes = [
        value.bit_length() if isinstance(value, int) else len(value) if isinstance(value, (str, bytes)) else 0
        for value in (left, right)
    ]
    if max(sizes) > MAX_TEXT:
        return False
    texts = isinstance(left, (str, bytes)) or isinstance(right, (str, bytes))
    if kind is cst.Modulo:
        return not texts  # `%` of bytes formats, and a width may be any number
    if kind is cst.Multiply and texts:
        repeated, times = (left, right) if isinstance(left, (str, bytes)) else (right, left)
        return isinstance(times, int) and len(repeated) * max(times, 0) <= MAX_TEXT
    if kind is cst.Power:
        return _is_low(left, right)
    if kind is cst.LeftShift:
        return isinstance(right, int) and right <= MAX_TEXT
    return True


def _is_low(base: Any, exponent: Any) -> bool:
    if not isinstance(exponent, int):
        return not isinstance(base, (Decimal, Fraction))
    bits = base.bit_length() if isinstance(base, int) else _MAX_EXPONENT
    return bits * abs(exponent) <= MAX_TEXT
