"""What nodes say of values they do not take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.errors import NodeError

if TYPE_CHECKING:
    from remotemedia.node import Node

__all__ = ["unusable"]


def unusable(node: Node, expected: str, got: Any, hint: str | None = None) -> NodeError:
    """Make the error for a value that a node does not take (RM606)."""
    return NodeError(f"expected {expected}, got `{got!r:.80}`", code="RM606", hint=hint, node=node.name)
