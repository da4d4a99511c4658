"""Nodes that pass values on or gather them.

from remotemedia.nodes.base import BufferNode

pipeline.add(BufferNode(buffer_size=32))

This module is also part of the sandboxed Python.
"""

from __future__ import annotations

from typing import Any

from remotemedia.node import Node

__all__ = ["BufferNode", "PassThroughNode"]


class PassThroughNode(Node):
    """Passes every value on as it is."""

    def process(self, value: Any) -> Any:
        """Return the value."""
        return value


class BufferNode(Node):
    """Gathers values into lists of equal length; the last list may be shorter.

    Args:
        buffer_size: values of a list, at least 1.
        kw: arguments of `Node`.
    """

    def __init__(self, buffer_size: int = 10, **kw: Any) -> None:
        super().__init__(**kw)
        self.buffer_size = buffer_size
        self.buffer: list[Any] = []

    def process(self, value: Any) -> list[Any] | None:
        """Return the list that the value completes; None until there is one."""
        self.buffer.append(value)
        return self.flush() if len(self.buffer) >= self.buffer_size else None

    def flush(self) -> list[Any] | None:
        """Return what has been gathered, and begin anew; None where that is nothing."""
        gathered, self.buffer = self.buffer, []
        return gathered or None
