"""JSON of strangers: bounded before it is parsed, strict about what readers disagree on.

    from remotemedia.trust import strict_json

    document = strict_json.loads(data, max_bytes=4 << 20)

Refused are, beside malformed text: more than `max_bytes`, nesting deeper than `max_depth`, duplicate keys, `NaN`,
`Infinity` and numbers that overflow to it, integers that fit into no 64 bits, lone surrogates, and text that is not
UTF-8 (RFC 7493, I-JSON). Every refusal is a `ValueError`; the caller knows which of its error codes that is.
"""

import json
import math
import re
from collections import Counter
from typing import Any

DEFAULT_MAX_BYTES = 4 << 20
DEFAULT_MAX_DEPTH = 64

__all__ = ["DEFAULT_MAX_BYTES", "DEFAULT_MAX_DEPTH", "dumps", "loads", "loads_object", "shown"]

# Possessive, and a string may end with the text: linear in the length of the data, whatever it holds.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_MAX_INTEGER_CHARACTERS = 20  # of 64 bits, and a sign
_OPENING = frozenset({b"[", b"{"})
_CLOSING = frozenset({b"]", b"}"})


def loads(data: bytes, *, max_bytes: int = DEFAULT_MAX_BYTES, max_depth: int = DEFAULT_MAX_DEPTH) -> Any:
    """Parse `data`; `ValueError` says what is wrong with it."""
    if len(data) > max_bytes:
        raise ValueError(f"expected at most {max_bytes} bytes, got {len(data)}")
    _check_depth(data, max_depth)
    value = _decoder.decode(data.decode())
    if b"\\u" in data:
        dumps(value)  # a lone surrogate can be escaped, but not written again
    return value


def loads_object(data: bytes, *, max_bytes: int = DEFAULT_MAX_BYTES) -> dict[str, Any]:
    """Parse `data`, which must be a JSON object."""
    value = loads(data, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {type(value).__name__}")  # noqa: TRY004 - one error type for all
    return value


def dumps(value: Any, *, sort_keys: bool = False) -> bytes:
    """Write compact UTF-8 JSON, keys in the order given, or sorted: the same value gives the same bytes."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, sort_keys=sort_keys)
    return text.encode()


def shown(value: Any, limit: int = 80) -> str:
    """Give a value of a stranger as it may stand in a message: JSON in ASCII, cut to `limit` characters."""
    text = json.dumps(value, default=repr)
    return text if len(text) <= limit else f"{text[:limit]}…"


def _check_depth(data: bytes, max_depth: int) -> None:
    """Count brackets outside strings, so that the parser's recursion is bounded before it starts."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(data):
        token = match[0]
        if token in _OPENING:
            depth += 1
            if depth > max_depth:
                raise ValueError(f"expected at most {max_depth} levels of nesting")
        elif token in _CLOSING:
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {shown(twice)} stands twice in one object")
    return result


def _refuse_constant(name: str) -> float:
    raise ValueError(f"expected a finite number, got `{name}`")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"expected a finite number, got `{text[:80]}`")
    return value


def _bounded(text: str) -> int:
    if len(text) > _MAX_INTEGER_CHARACTERS:
        raise ValueError(f"expected a number of at most 64 bits, got `{text[:80]}`")
    return int(text)


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_bounded
)
