"""Arithmetic that each value asks for.

    from remotemedia.nodes.calculator import CalculatorNode

    CalculatorNode().process({"operation": "add", "args": [1, 2]})["result"]  # 3

This module is also part of the sandboxed Python.
"""

from __future__ import annotations

import operator
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from remotemedia.errors import NodeError
from remotemedia.node import Node
from remotemedia.nodes._values import unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Number: TypeAlias = int | float

__all__ = ["CalculatorNode"]

_MAX_BITS: Final = 1 << 16  # of a power of integers: a short packet could otherwise ask for any amount of work


class CalculatorNode(Node):
    """Applies an operation to numbers: `{"operation": NAME, "args": [a, b, …]}`, at least two, from left to right.

    The operations are `add`, `subtract`, `multiply`, `divide`, `power` and `modulo`.
    """

    def process(self, value: Any) -> dict[str, Any]:
        """Return the value's `operation` and `args`, their `result`, and which node did it with which `config`.

        Raises:
            NodeError: RM606, the value asks for no such operation, or the numbers have no result.
        """
        operation, args = self._asked(value)
        try:
            result = reduce(_OPERATIONS[operation], args)
        except (ArithmeticError, ValueError) as error:
            raise NodeError(
                f"expected numbers with a result for `{operation}`, got `{args!r:.80}`: {error}",
                code="RM606",
                node=self.name,
            ) from error
        return {
            "operation": operation,
            "args": args,
            "result": result,
            "processed_by": f"CalculatorNode[{self.name}]",
            "node_config": self.config,
        }

    def get_supported_operations(self) -> list[str]:
        """Return the names of the operations."""
        return list(_OPERATIONS)

    def _asked(self, value: Any) -> tuple[str, list[Number]]:
        match value:
            case {"operation": str(operation), "args": [_, _, *_] as args}:
                if operation not in _OPERATIONS:
                    raise unusable(self, f"an operation of {', '.join(_OPERATIONS)}", operation)
                if all(isinstance(arg, (int, float)) for arg in args):
                    return operation, args
        raise unusable(self, 'a dict `{"operation": NAME, "args": [a, b, …]}` with at least two numbers', value)


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > _MAX_BITS:
        raise ValueError(f"the power has more than {_MAX_BITS} bits")
    result: Any = base**exponent
    if isinstance(result, complex):
        raise ValueError("the power is not a real number")  # noqa: TRY004 - its value is at fault
    power: Number = result
    return power


_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], Number]]] = MappingProxyType(
    {
        "add": operator.add,
        "multiply": operator.mul,
        "subtract": operator.sub,
        "divide": operator.truediv,
        "power": _power,
        "modulo": operator.mod,
    }
)
