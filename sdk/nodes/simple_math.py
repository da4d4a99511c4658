"""Arithmetic with a constant.

from remotemedia.nodes.simple_math import AddNode, MultiplyNode

pipeline.add(MultiplyNode(factor=0.5)).add(AddNode(addend=1))

This module is also part of the sandboxed Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.array import Array
from remotemedia.node import Node
from remotemedia.nodes._values import unusable

if TYPE_CHECKING:
    from collections.abc import Callable

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
        """Return the product, of the value's shape.

        Raises:
            NodeError: RM606, the value is no number and holds others than numbers.
        """
        return _each(self, value, lambda number: number * self.factor)


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
        """Return the sum, of the value's shape.

        Raises:
            NodeError: RM606, the value is no number and holds others than numbers.
        """
        return _each(self, value, lambda number: number + self.addend)


def _each(node: Node, value: Any, operation: Callable[[Any], Any]) -> Any:
    """Apply an operation to every number of a value."""
    # numpy's arrays and scalars know arithmetic; whether numpy is there at all is not asked.
    if isinstance(value, (int, float)) or hasattr(value, "__array__"):
        return operation(value)
    if isinstance(value, list):
        return [_each(node, item, operation) for item in value]
    if isinstance(value, Array):
        return _each_of_array(value, operation)
    raise unusable(node, "a number, a list of numbers or an array", value)


def _each_of_array(array: Array, operation: Callable[[Any], Any]) -> Array:
    """Apply an operation to every element; as in numpy, only integers that meet a fraction change their type."""
    elements = [operation(element) for element in Array(array.tobytes(), array.dtype, (array.size,))]
    return Array(elements, _type_of(array.dtype, elements), array.shape)


def _type_of(before: str, elements: list[Any]) -> str:
    if before.startswith("f"):
        return before
    if any(isinstance(element, float) for element in elements):
        return "f64"
    return "i64" if before == "bool" else before
