"""f-strings, and what may be asked of a known string."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._bounds import MAX_TEXT
from remotemedia.compiler._evaluate.computing import FAILURES, Computed, is_light
from remotemedia.compiler._evaluate.literals import string
from remotemedia.compiler._values import Known, NotPlainError, Unknown, Value, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["formatted", "formatted_value", "percent", "string_method"]

_FIELD: Final = re.compile(r"[^.\[]*(?:\[[^\]]*\])*")  # a name or number, and items of it
_WIDE: Final = re.compile(r"%(?:\([^)]*\))?[-+ #0]*(?:\d{4,}|\*|\d*\.(?:\d{4,}|\*))")
_SPEC: Final = re.compile(r"[^0-9]*(?:[0-9]{1,3}(?![0-9])[^0-9]*){0,2}")  # numbers of at most three digits
_CONVERSIONS: Final[dict[str | None, Callable[[Any], Any]]] = {
    None: lambda value: value,
    "s": str,
    "r": repr,
    "a": ascii,
}
_METHODS: Final = frozenset({
    "capitalize", "casefold", "count", "decode", "encode", "endswith", "find", "hex", "index", "isalnum",
    "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace",
    "istitle", "isupper", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rfind",
    "rindex", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title",
    "upper",
})  # fmt: skip
_PADDING: Final = frozenset({"center", "ljust", "rjust", "zfill"})


def formatted(ev: Evaluator, node: cst.FormattedString) -> Value:
    """Evaluate an f-string; unknown if one of its parts is."""
    result = _join(ev, node, node.parts)
    return result if isinstance(result, Unknown) else Known(result)


def formatted_value(value: Any, spec: str = "") -> str:
    """Return `format(value, spec)`.

    Raises:
        ValueError: a width is too large, or this is no specification for the value.
    """
    made: str = _Formatter().format_field(value, spec)
    return made


def string_method(text: str | bytes, name: str) -> Computed | None:
    """Return a method of a string or of bytes; None if it is not followed."""
    if name in _METHODS:
        return Computed(getattr(text, name))
    if name in _PADDING:
        return Computed(lambda width, *fill: getattr(text, name)(_bounded(width), *fill))
    if name == "join":
        return Computed(lambda parts: _joined(text, list(parts)))
    if name == "replace":
        return Computed(lambda old, new, count=-1: _replaced(text, old, new, count))
    if name == "format" and isinstance(text, str):
        return Computed(lambda *given, **named: _Formatter().vformat(text, given, named))
    return None


def percent(text: str, value: Any) -> str:
    """Return `text % value`.

    Raises:
        ValueError: a width is too large.
    """
    if _WIDE.search(text):
        raise ValueError(text)
    made: str = text % value
    return made


class _Formatter(Formatter):
    """`str.format` for plain values: no attributes, and no widths that make a text too long."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if not _FIELD.fullmatch(field_name):
            raise ValueError(field_name)
        return super().get_field(field_name, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> Any:
        if not _SPEC.fullmatch(format_spec):
            raise ValueError(format_spec)
        return super().format_field(value, format_spec)


def _bounded(width: Any) -> Any:
    if isinstance(width, int) and width > MAX_TEXT:
        raise ValueError(width)
    return width


def _joined(text: Any, parts: list[Any]) -> Any:
    _bounded(len(text) * len(parts))
    return text.join(parts)


def _replaced(text: Any, old: Any, new: Any, count: int) -> Any:
    times = len(text) + 1 if not old else text.count(old)
    _bounded(len(text) + times * len(new))
    return text.replace(old, new, count)


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
    label = _label(part)
    spec = _join(ev, node, part.format_spec) if part.format_spec is not None else ""
    if isinstance(spec, Unknown):
        return spec
    try:
        known = plain(value)
    except NotPlainError as error:
        return ev.opaque(part.expression, error.value)
    try:
        if _SPEC.fullmatch(spec) and is_light(known):
            conversion = part.conversion or ("r" if label and part.format_spec is None else None)
            return label + format(_CONVERSIONS[conversion](known), spec)
    except FAILURES:
        pass
    return ev.opaque(part.expression)


def _label(part: cst.FormattedStringExpression) -> str:
    """Return what `{x = }` repeats of its own source, blanks included; empty for any other part."""
    if part.equal is None:
        return ""
    return cst.Module([]).code_for_node(part.with_changes(conversion=None, format_spec=None))[1:-1]
