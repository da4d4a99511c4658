"""f-strings, and what may be asked of a known string."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._bounds import MAX_TEXT
from remotemedia.compiler._evaluate.literals import string
from remotemedia.compiler._values import Items, Known, NotPlainError, Unknown, Value, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["formatted", "string_method"]

_SPEC: Final = re.compile(r"[^0-9]*(?:[0-9]{1,3}[^0-9]*){0,2}")  # widths and precisions of at most three digits
_CONVERSIONS: Final[dict[str | None, Callable[[Any], Any]]] = {
    None: lambda value: value,
    "s": str,
    "r": repr,
    "a": ascii,
}
_METHODS: Final = frozenset({
    "capitalize", "casefold", "endswith", "isdigit", "lower", "lstrip", "removeprefix", "removesuffix", "rsplit",
    "rstrip", "split", "startswith", "strip", "title", "upper",
})  # fmt: skip


def formatted(ev: Evaluator, node: cst.FormattedString) -> Value:
    """Evaluate an f-string; unknown if one of its parts is."""
    result = _join(ev, node, node.parts)
    return result if isinstance(result, Unknown) else Known(result)


def string_method(text: str, name: str, arguments: Sequence[Any]) -> Value | None:
    """Call a method of a string with plain arguments; None if it is not followed, or fails."""
    if name not in _METHODS:
        return None
    try:
        result = getattr(text, name)(*arguments)
    except (TypeError, ValueError):
        return None
    return Items("list", [Known(part) for part in result]) if isinstance(result, list) else Known(result)


def _join(ev: Evaluator, node: cst.FormattedString, parts: Sequence[cst.BaseFormattedStringContent]) -> str | Unknown:
    texts: list[str] = []
    for part in parts:
        if isinstance(part, cst.FormattedStringExpression):
            text = _part(ev, node, part)
        else:
            text = _text(ev, node, cst.ensure_type(part, cst.FormattedStringText))
        if isinstance(text, Unknown):
            return text
        texts.append(text)
    return "".join(texts) if sum(map(len, texts)) <= MAX_TEXT else ev.unknown("a text that is too long", node)


def _text(ev: Evaluator, node: cst.FormattedString, part: cst.FormattedStringText) -> str | Unknown:
    prefix = node.prefix.lower().replace("f", "")
    literal = cst.SimpleString(prefix + node.quote + part.value.replace("{{", "{").replace("}}", "}") + node.quote)
    value = string(ev, literal)
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else ev.unknown("a text", node)


def _part(ev: Evaluator, node: cst.FormattedString, part: cst.FormattedStringExpression) -> str | Unknown:
    value = ev.evaluate(part.expression)
    if part.equal is not None:  # `{x=}` repeats its own source, blanks included
        return ev.opaque(part.expression)
    spec = _join(ev, node, part.format_spec) if part.format_spec is not None else ""
    if isinstance(spec, Unknown):
        return spec
    try:
        known = plain(value)
    except NotPlainError as error:
        return ev.opaque(part.expression, error.value)
    try:
        if _SPEC.fullmatch(spec):
            return format(_CONVERSIONS[part.conversion](known), spec)
    except (TypeError, ValueError):
        pass
    return ev.opaque(part.expression)
