"""Arithmetic that each value asks for.

from remotemedia.nodes.calculator import CalculatorNode

CalculatorNode().process({"operation": "add", "args": [1, 2]})["result"]  # 3
"""

from __future__ import annotations

from typing import Any, TypeAlias

from remotemedia.errors import NodeError
from remotemedia.node import Node
from remotemedia.nodes._values import unusable

__all__ = ["CalculatorNode"]

_Number: TypeAlias = int | float


class CalculatorNode(Node):
    """Applies an operation to numbers: `{"operation": NAME, "args": [a, b, …]}`, at least two, from left to right.

    The operations are `add`, `subtract`, `multiply`, `divide`, `power` and `modulo`.
    """

    def process(self, value: Any) -> dict[str, Any]:
        """Return the value's `operation` and `args`, their `result`, and which node did it with which `config`.

        Raises:
            NodeError: RM606, the value asks for no such operation, or the numbers have no result.
        """
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        operation, args = self._asked(value)
        try:
            result = _native.calculate(operation, args)
        except ArithmeticError as error:
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
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        return _native.calculations()

    def _asked(self, value: Any) -> tuple[str, list[_Number]]:
        match value:
            case {"operation": str(operation), "args": [_, _, *_] as args}:
                known = self.get_supported_operations()
                if operation not in known:
                    raise unusable(self, f"an operation of {', '.join(known)}", operation)
                if all(isinstance(arg, (int, float)) for arg in args):
                    return operation, args
        raise unusable(self, 'a dict `{"operation": NAME, "args": [a, b, …]}` with at least two numbers', value)
