"""Arithmetic with a constant.

from remotemedia.nodes.simple_math import AddNode, MultiplyNode

pipeline.add(MultiplyNode(factor=0.5)).add(AddNode(addend=1))
"""

from __future__ import annotations

import operator
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from remotemedia._elements import array_of, elements_of
from remotemedia._value_errors import UnsupportedValueError
from remotemedia.array import Array
from remotemedia.errors import NodeError
from remotemedia.node import Node
from remotemedia.nodes._values import unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from remotemedia._elements import Elements

__all__ = ["AddNode", "MultiplyNode"]


class MultiplyNode(Node):
    """Multiplies numbers, each one of a list or of an array.

    Args:
        factor: what each number is multiplied by.
        kw: arguments of `Node`.
    """

    def __init__(self, factor: float = 2.0, **kw: Any) -> None:
        super().__init__(**kw)
        self.factor = factor

    def process(self, value: Any) -> Any:
        """Return the product, of the value's shape; of an array with the type that numpy gives it.

        Raises:
            NodeError: RM606, the value is no number and holds others than numbers, or there is no result.
        """
        return _each(self, value, "multiply", self.factor)


class AddNode(Node):
    """Adds a constant to numbers, each one of a list or of an array.

    Args:
        addend: what is added to each number.
        kw: arguments of `Node`.
    """

    def __init__(self, addend: float = 0.0, **kw: Any) -> None:
        super().__init__(**kw)
        self.addend = addend

    def process(self, value: Any) -> Any:
        """Return the sum, of the value's shape; of an array with the type that numpy gives it.

        Raises:
            NodeError: RM606, the value is no number and holds others than numbers, or there is no result.
        """
        return _each(self, value, "add", self.addend)


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = MappingProxyType(
    {"add": operator.add, "multiply": operator.mul}
)
"""What an array of another library than numpy knows itself."""


def _each(node: Node, value: Any, operation: str, constant: float) -> Any:
    """Apply an operation to every number of a value."""
    from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

    try:
        if isinstance(value, Array) or hasattr(value, "__array__"):
            elements = _elements(value)
            if elements is None:
                return _OPERATORS[operation](value, constant)
            dtype, data = _native.elementwise(operation, constant, elements.dtype, elements.data)
            made = array_of(dtype, elements.shape, data, 0, whole=True, numpy=not isinstance(value, Array))
            return made if isinstance(value, Array) else made[()] if made.ndim == 0 else made.copy()
        if isinstance(value, (int, float)):
            return _native.calculate(operation, (value, constant))
    except (ArithmeticError, TypeError) as error:
        raise NodeError(str(error), code="RM606", node=node.name) from error
    if isinstance(value, list):
        return [_each(node, item, operation, constant) for item in value]
    raise unusable(node, "a number, a list of numbers or an array", value)


def _elements(value: Any) -> Elements | None:
    """Return the elements of an array or scalar of numpy; None where the kernel has no such type."""
    try:
        # A scalar has an array's attributes, and is none.
        return elements_of(value if isinstance(value, Array) else value[...] if value.ndim == 0 else value)
    except (AttributeError, TypeError, UnsupportedValueError):
        return None
