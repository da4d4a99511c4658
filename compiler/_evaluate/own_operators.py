"""Operators, items and lengths of objects whose classes of the project define them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Arguments
from remotemedia.compiler._values import (
    Bound,
    Builtin,
    Function,
    Instance,
    Known,
    NotPlainError,
    PipelineInstance,
    ProjectClass,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["OPERATORS", "called_special", "contains", "has_operators", "operated"]

_METHODS: Final[dict[type[cst.CSTNode], str]] = {
    cst.Add: "add",
    cst.BitAnd: "and",
    cst.BitOr: "or",
    cst.BitXor: "xor",
    cst.Divide: "truediv",
    cst.FloorDivide: "floordiv",
    cst.LeftShift: "lshift",
    cst.MatrixMultiply: "matmul",
    cst.Modulo: "mod",
    cst.Multiply: "mul",
    cst.Power: "pow",
    cst.RightShift: "rshift",
    cst.Subtract: "sub",
}

OPERATORS: Final = frozenset(f"__{prefix}{name}__" for prefix in ("", "r", "i") for name in _METHODS.values())
"""Methods by which a class defines binary operators; they are followed like any other method."""


def has_operators(value: Value) -> bool:
    """Return whether an operator may run code of a value's class."""
    cls = value.cls if isinstance(value, (Instance, PipelineInstance)) else None
    return cls is not None and any(
        isinstance(base, ProjectClass) and base.own.names.keys() & OPERATORS for base in cls.mro
    )


def operated(
    ev: Evaluator, left: Value, sign: tuple[type[cst.CSTNode], bool], right: Value, node: cst.CSTNode
) -> Value | None:
    """Call the method by which a class of the project defines an operator; None where none is known to be called."""
    kind, is_in_place = sign
    name = _METHODS[kind]
    attempts = [(left, f"__{name}__", right), (right, f"__r{name}__", left)]
    if is_in_place:
        attempts.insert(0, (left, f"__i{name}__", right))
    of_both = [side.cls for side in (left, right) if isinstance(side, (Instance, PipelineInstance))]
    if len(of_both) == 2 and of_both[0] is not of_both[1] and of_both[0] in getattr(of_both[1], "mro", ()):  # noqa: PLR2004 - one a side
        return None  # the right one may come first
    for receiver, method, other in attempts:
        match receiver:
            case Instance(lost=None, cls=cls) | PipelineInstance(cls=ProjectClass() as cls):
                function = cls.find(method)
                if function is None:
                    continue
                if not isinstance(function, Function):
                    return None
                result = ev.call(Bound(function, receiver), Arguments.of([other], ev.place(node)), node)
                if not (isinstance(result, Builtin) and result.name == "NotImplemented"):
                    return result
            case Known() if kind is not cst.Modulo:
                pass  # no number or text knows how to deal with the other
            case _:
                return None
    return None


def called_special(ev: Evaluator, value: Value, method: str, given: Iterable[Value], node: cst.CSTNode) -> Value | None:
    """Return what a special method of an object's class gives; None if the class has none that is known."""
    if not isinstance(value, Instance) or value.lost is not None:
        return None
    function = value.cls.find(method)
    if not isinstance(function, Function) or function.role != "function":
        return None
    return ev.call(Bound(function, value), Arguments.of(given, ev.place(node)), node)


def contains(ev: Evaluator, value: Value, wanted: Value, node: cst.CSTNode) -> bool | None:
    """Return whether an object says that it contains a value; None if its class does not say so itself.

    Raises:
        NotPlainError: what it says is not known.
    """
    found = called_special(ev, value, "__contains__", [wanted], node)
    if found is None:
        return None
    if not isinstance(found, Known):
        raise NotPlainError(ev.opaque(node, found))
    return bool(found.value)
