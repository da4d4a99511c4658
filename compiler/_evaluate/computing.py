"""Functions that Python itself computes, once all their arguments are plain and small enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._bounds import MAX_TEXT
from remotemedia.compiler._evaluate.arguments import Argument, Arguments
from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._evaluate.lifting import lifted, plain_arguments
from remotemedia.compiler._values import Items, Iteration, NotPlainError, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["FAILURES", "Computed", "computed", "is_light"]

FAILURES: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a function raises whose arguments do not suit it."""

_MAX_WEIGHT: Final = 16 * MAX_TEXT


@dataclass(frozen=True)
class Computed:
    """A pure function of plain values.

    Attributes:
        function: what computes it; for arguments that would take long it raises one of `FAILURES`.
    """

    function: Callable[..., Any]


def computed(ev: Evaluator, function: Computed, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Call a pure function; None where its result is no value.

    Raises:
        NotPlainError: an argument is not plain.
        ArithmeticError: and others of `FAILURES`: the function raised it.
    """
    by_position, by_name = plain_arguments(_consumed(ev, arguments, node))
    if not is_light([by_position, by_name]):
        raise NotPlainError(ev.unknown("a value that is too large", node))
    return lifted(function.function(*by_position, **by_name))


def is_light(value: Any) -> bool:
    """Return whether a plain value is small, counted in characters, digits and items."""
    weight, waiting = 0, [value]
    while waiting and weight <= _MAX_WEIGHT:
        value = waiting.pop()
        weight += 1
        if isinstance(value, (str, bytes)):
            weight += len(value)
        elif isinstance(value, int):
            weight += value.bit_length() // 8
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend((*value.keys(), *value.values()))
    return weight <= _MAX_WEIGHT


def _consumed(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Arguments:
    """Return arguments with a list in place of each iterator."""
    if not any(isinstance(argument.value, Iteration) for argument in arguments.given):
        return arguments
    given = tuple(
        Argument(argument.name, Items("list", collected(ev, argument.value, node)), argument.place)
        if isinstance(argument.value, Iteration)
        else argument
        for argument in arguments.given
    )
    return Arguments(given, arguments.unknown)
