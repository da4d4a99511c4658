"""Walking libcst's trees without recursion, and reading names from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["children", "dotted_name", "targets", "walk"]

_TRIVIA: Final = frozenset({
    "comma", "dot", "equal", "footer", "header", "indent", "leading_lines", "lines_after_decorators", "lpar",
    "lbrace", "lbracket", "newline", "operator", "rbrace", "rbracket", "rpar", "semicolon", "trailing_whitespace",
})  # fmt: skip
_fields: dict[type[cst.CSTNode], tuple[str, ...]] = {}


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Give the nodes right below a node, in the order of the source, without blanks and punctuation."""
    names = _fields.get(type(node))
    if names is None:
        fields = type(node).__dataclass_fields__
        names = tuple(name for name in fields if name not in _TRIVIA and not name.startswith("whitespace"))
        _fields[type(node)] = names
    for name in names:
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (list, tuple)):
            for item in value:
                if isinstance(item, cst.CSTNode):
                    yield item


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Give a node and all below it, in the order of the source."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(children(node))))


def dotted_name(node: cst.CSTNode | None) -> str | None:
    """Return `a.b.c` for a name or a chain of attributes of a name; otherwise None."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join([node.value, *reversed(parts)])


def targets(node: cst.BaseExpression) -> Iterator[cst.Name]:
    """Give the names that an assignment to this target binds."""
    waiting: list[cst.BaseExpression] = [node]
    while waiting:
        target = waiting.pop()
        if isinstance(target, cst.Name):
            yield target
        elif isinstance(target, (cst.Tuple, cst.List)):
            waiting.extend(element.value for element in target.elements)
