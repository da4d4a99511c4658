"""Several looks at one text.

    from remotemedia.nodes.text_processor import TextProcessorNode

    TextProcessorNode().process({"text": "one two", "operations": ["word_count"]})["results"]  # {"word_count": 2}

This module is also part of the sandboxed Python.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from remotemedia.node import Node
from remotemedia.nodes._values import unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["TextProcessorNode"]


class TextProcessorNode(Node):
    """Applies operations to a text: `{"text": TEXT, "operations": [NAME, …]}`; without operations, `uppercase`.

    The operations are `uppercase`, `lowercase`, `reverse`, `word_count`, `char_count`, `title_case`, `remove_spaces`,
    `first_word` and `last_word`; each is applied to the text as it came.
    """

    def process(self, value: Any) -> dict[str, Any]:
        """Return the `original_text`, the `operations`, their `results` by name, and which node did it.

        Raises:
            NodeError: RM606, the value holds no text, or asks for an operation that there is not.
        """
        text, operations = self._asked(value)
        return {
            "original_text": text,
            "operations": operations,
            "results": {name: _OPERATIONS[name](text) for name in operations},
            "processed_by": f"TextProcessorNode[{self.name}]",
            "node_config": self.config,
        }

    def get_supported_operations(self) -> list[str]:
        """Return the names of the operations."""
        return list(_OPERATIONS)

    def _asked(self, value: Any) -> tuple[str, list[str]]:
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            raise unusable(self, 'a dict `{"text": TEXT, "operations": [NAME, …]}`', value)
        operations = value.get("operations", ["uppercase"])
        if not isinstance(operations, (list, tuple)):
            raise unusable(self, "a list of operations", operations)
        for name in operations:
            if not isinstance(name, str) or name not in _OPERATIONS:
                raise unusable(self, f"operations of {', '.join(_OPERATIONS)}", name)
        return value["text"], list(operations)


def _word(text: str, at: int) -> str:
    words = text.split()
    return words[at] if words else ""


_OPERATIONS: Final[Mapping[str, Callable[[str], str | int]]] = MappingProxyType(
    {
        "uppercase": str.upper,
        "lowercase": str.lower,
        "reverse": lambda text: text[::-1],
        "word_count": lambda text: len(text.split()),
        "char_count": len,
        "title_case": str.title,
        "remove_spaces": lambda text: text.replace(" ", ""),
        "first_word": lambda text: _word(text, 0),
        "last_word": lambda text: _word(text, -1),
    }
)
