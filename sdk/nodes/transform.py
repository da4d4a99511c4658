"""Values of one form in another.

    from remotemedia.nodes.transform import TextTransformNode

    pipeline.add(TextTransformNode(str.upper))

A function that is to stand in a manifest is one of a module: of the project, or of the standard library.
In a package the engine runs natively what `schemas/nodes.v1.json` lists, such as `str.upper`.
This module is also part of the sandboxed Python, but for `FormatConverter`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.node import Node
from remotemedia.nodes._format_converter import FormatConverter

if TYPE_CHECKING:
    from collections.abc import Callable

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


# The module that programs and `schemas/nodes.v1.json` know it by.
FormatConverter.__module__ = __name__
