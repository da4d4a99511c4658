"""Several looks at one text.

from remotemedia.nodes.text_processor import TextProcessorNode

TextProcessorNode().process({"text": "one two", "operations": ["word_count"]})["results"]  # {"word_count": 2}
"""

from __future__ import annotations

from typing import Any

from remotemedia.node import Node
from remotemedia.nodes._values import unusable

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
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        text, operations = self._asked(value)
        try:
            results = {name: _native.process_text(name, text) for name in operations}
        except UnicodeEncodeError as error:
            raise unusable(self, "text without lone surrogates", text) from error
        return {
            "original_text": text,
            "operations": operations,
            "results": results,
            "processed_by": f"TextProcessorNode[{self.name}]",
            "node_config": self.config,
        }

    def get_supported_operations(self) -> list[str]:
        """Return the names of the operations."""
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        return _native.text_operations()

    def _asked(self, value: Any) -> tuple[str, list[str]]:
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            raise unusable(self, 'a dict `{"text": TEXT, "operations": [NAME, …]}`', value)
        operations = value.get("operations", ["uppercase"])
        if not isinstance(operations, (list, tuple)):
            raise unusable(self, "a list of operations", operations)
        known = self.get_supported_operations()
        for name in operations:
            if not isinstance(name, str) or name not in known:
                raise unusable(self, f"operations of {', '.join(known)}", name)
        return value["text"], list(operations)
