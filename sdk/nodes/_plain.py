"""Values as plain JSON data."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import fields, is_dataclass
from typing import Any

from remotemedia.array import Array

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """Return a value as JSON data: arrays as nested lists, tuples as lists, dataclasses as dicts, bytes as base64.

    Raises:
        TypeError: something in it has no such form.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Array) or hasattr(value, "__array__"):
        return value.tolist()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"`{type(value).__name__}` is no data")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    raise TypeError(f"`{key!r:.40}` is no key of JSON")
