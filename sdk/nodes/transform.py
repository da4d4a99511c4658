"""Values of one form in another.

    from remotemedia.nodes.transform import TextTransformNode

    pipeline.add(TextTransformNode(str.upper))

A function that is to stand in a manifest is one of a module: of the project, or of the standard library.
This module is also part of the sandboxed Python.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import NodeError
from remotemedia.node import Node
from remotemedia.nodes._plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["DataTransform", "FormatConverter", "TextTransformNode"]


class TextTransformNode(Node):
    """Applies a function to texts, and to the first item of a tuple that starts with a text; passes others on.

    Args:
        transform_func: makes of a text what is emitted for it.
        kw: arguments of `Node`.
    """

    def __init__(self, transform_func: Callable[[str], Any], **kw: Any) -> None:
        super().__init__(**kw)
        self.transform_func = transform_func

    def process(self, value: Any) -> Any:
        """Return what the function gives; of a tuple, with the other items behind it."""
        match value:
            case str(text):
                return self.transform_func(text)
            case (str(text), *rest) if isinstance(value, tuple):
                return (self.transform_func(text), *rest)
        return value


class DataTransform(Node):
    """Applies a function to values of any kind; passes them on without one.

    Args:
        transform_func: makes of a value what is emitted for it; it may be a coroutine function.
        kw: arguments of `Node`.
    """

    def __init__(self, transform_func: Callable[[Any], Any] | None = None, **kw: Any) -> None:
        super().__init__(**kw)
        self.transform_func = transform_func

    def process(self, value: Any) -> Any:
        """Return what the function gives."""
        return value if self.transform_func is None else self.transform_func(value)


class FormatConverter(Node):
    """Converts values.

    Args:
        target_format: `json`: plain JSON data, arrays as nested lists, tuples as lists, dataclasses as dicts, bytes as
            base64; `text`: a text as it is, other values as JSON text; `bytes`: the UTF-8 of that text, an array's own
            bytes.
        kw: arguments of `Node`.

    Raises:
        ValueError: there is no such format.
    """

    def __init__(self, target_format: str = "json", **kw: Any) -> None:
        super().__init__(**kw)
        if target_format not in _FORMATS:
            raise ValueError(f"expected a format of {', '.join(_FORMATS)}, got `{target_format}`")
        self.target_format = target_format

    def process(self, value: Any) -> Any:
        """Return the value in the node's format.

        Raises:
            NodeError: RM606, the value has no such form.
        """
        try:
            return _FORMATS[self.target_format](value)
        except (TypeError, ValueError, RecursionError) as error:
            raise NodeError(
                f"expected a value that has a form as {self.target_format}, got `{value!r:.80}`: {error}",
                code="RM606",
                node=self.name,
            ) from error


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode()
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def _bytes(value: Any) -> bytes:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    return value.tobytes() if hasattr(value, "tobytes") else _text(value).encode()


_FORMATS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "json": plain,
        "text": _text,
        "bytes": _bytes,
    }
)
