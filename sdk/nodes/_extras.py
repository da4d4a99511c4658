"""Libraries that only some nodes need, installed as extras of `remotemedia`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import NodeError

if TYPE_CHECKING:
    from remotemedia.node import Node

__all__ = ["pyav", "required"]

_SYSTEM: Final = ", and the system library that the message names"


def required(node: Node, module: str, extra: str) -> Any:
    """Return a module of an extra.

    Raises:
        NodeError: RM617, it is not installed, or does not load.
    """
    try:
        return import_module(module)
    # A library whose own libraries are missing fails with an OSError.
    except (ImportError, OSError) as error:
        raise NodeError(
            f"expected the library `{module}` for `{type(node).__name__}`, got: {error}",
            code="RM617",
            hint=f"install it with `pip install 'remotemedia[{extra}]'`{_SYSTEM if isinstance(error, OSError) else ''}",
            node=node.name,
        ) from error


def pyav(node: Node) -> Any:
    """Return PyAV; see `required`."""
    return required(node, "av", "video")
