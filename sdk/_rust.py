"""Whether the engine's native extension is there; programs for older versions ask before they use it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["get_rust_runtime", "is_rust_runtime_available", "try_load_rust_runtime"]


def try_load_rust_runtime() -> tuple[bool, ModuleType | None, str | None]:
    """Return whether the extension loads, the module of its old name, and why not."""
    try:
        return True, import_module("remotemedia_runtime"), None
    except ImportError as error:
        return False, None, str(error)


def is_rust_runtime_available() -> bool:
    """Return whether the extension loads."""
    return try_load_rust_runtime()[0]


def get_rust_runtime() -> ModuleType | None:
    """Return the module of its old name; None where it does not load."""
    return try_load_rust_runtime()[1]
