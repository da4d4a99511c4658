"""Values as plain data, text or bytes."""

from __future__ import annotations

from typing import Any, Final

from remotemedia._json_text import Writer
from remotemedia._value_errors import UnsupportedValueError
from remotemedia.errors import NodeError
from remotemedia.node import Node
from remotemedia.values import decode

__all__ = ["FormatConverter"]

_FORMATS: Final = ("json", "text", "bytes")


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
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        try:
            # Of a list nothing is taken for sound, whose samples would be rounded.
            writer = Writer()
            head = writer.text([value])
            made = _native.formatted(self.target_format, head, writer.data())
        except (UnsupportedValueError, ValueError) as error:
            raise NodeError(
                f"expected a value that has a form as {self.target_format}, got `{value!r:.80}`: {error}",
                code="RM606",
                node=self.name,
            ) from error
        return None if made is None else decode(*made, numpy=False)
