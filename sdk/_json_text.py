"""The text of a `json` body, with the `$`-objects of `schemas/packet.md` for what JSON lacks."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from remotemedia._elements import array_of, elements_of, plain_number, typed_shape
from remotemedia._value_errors import MalformedBodyError, UnsupportedValueError, malformed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["Writer", "parsed", "plain_bytes", "plain_json", "plain_text", "read"]

_MAX_DEPTH: Final = 64
_MAX_INT: Final = 2**53 - 1
_MAX_DIGITS: Final = 4_300
_TOO_BIG: Final = 10**_MAX_DIGITS
_ALIGNMENT: Final = 8
_INTEGER: Final = re.compile(r"-?[1-9][0-9]*")
_ATOMS: Final = frozenset({str, float, bool, type(None)})
_FLOATS: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

# Made once: `json.dumps` and `json.loads` would make an encoder, and match two patterns, on every call. The arguments
# are markers, default, string encoder, indent, separators, sort_keys, skipkeys, allow_nan: the same since Python 3.0.
_write: Final[Any] = json.encoder.c_make_encoder(  # type: ignore[attr-defined]  # not in the stubs
    *(None, None, json.encoder.encode_basestring, None, ":", ",", False, False, False)
)
_scan: Final[Any] = json.scanner.make_scanner(json.JSONDecoder())  # type: ignore[attr-defined]  # private like the other


def parsed(text: str) -> Any:
    """Parse JSON; the engine has checked I-JSON's further rules."""
    try:
        value, end = _scan(text, 0)
    except (ValueError, StopIteration, RecursionError) as error:
        raise malformed("JSON", text) from error
    if end != len(text):
        raise malformed("one JSON value", text)
    return value


def read(text: str, data: Buffer, *, numpy: bool) -> Any:
    """Return the value of a text whose `$`-objects point into the data."""
    value = parsed(text)
    # A key cannot start with `$` in a text without one; `\u0024` is the same character escaped.
    if '"$' not in text and "\\u0024" not in text:
        return value
    try:
        return _Reader(memoryview(data).cast("B"), numpy=numpy).lift(value)
    except RecursionError as error:
        raise malformed(f"nesting of at most {_MAX_DEPTH} levels", text) from error


def plain_json(value: Any) -> str | None:
    """Return the text of a list or dict that `json` can write as it is; None where `Writer` has to look at it."""
    try:
        if not _is_plain(value, _MAX_DEPTH):
            return None
        text: str = "".join(_write(value, 0))
        if not text.isascii():
            text.encode()
    except (TypeError, ValueError):  # a key that is no text, a number that JSON lacks, or a lone surrogate
        return None
    # A key that needs an escape starts with `$`; a text may, too.
    return None if '"$' in text else text


def _is_plain(value: Any, room: int) -> bool:
    """Whether a value needs no `$`-object, and nests at most `room` containers.

    Floats that JSON lacks, lone surrogates and keys that need an escape pass.

    Raises:
        TypeError: a key is no text.
    """
    items: Iterable[Any]
    if type(value) is dict:
        "".join(value)  # the quickest way to see that all keys are texts
        items = value.values()
    elif type(value) is list:
        items = value
    else:
        return False
    for item in items:
        kind = type(item)
        if kind in _ATOMS:
            continue
        if kind is not int:
            if room == 1 or not _is_plain(item, room - 1):
                return False
        elif not -_MAX_INT <= item <= _MAX_INT:
            return False
    return True


def plain_text(value: Any) -> str:
    """Return a string that is known to be Unicode."""
    text: str = value if type(value) is str else str.__str__(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UnsupportedValueError("str with a lone surrogate") from None
    return text


def plain_bytes(value: bytes | bytearray | memoryview) -> bytes:
    """Return the bytes of a bytes-like object; a view of anything else is refused."""
    if isinstance(value, memoryview) and (value.ndim != 1 or value.format not in {"B", "b", "c"}):
        raise UnsupportedValueError(f"memoryview of `{value.format}` with {value.ndim} axes")
    return value if type(value) is bytes else bytes(value)


class Writer:
    """Turns a value into what `json` can write, and gathers the buffers that it refers to."""

    __slots__ = ("_buffers", "_chunks", "_size")

    def __init__(self, *, buffers: bool = True) -> None:
        self._buffers = buffers
        self._chunks: list[Buffer] = []
        self._size = 0

    def text(self, value: Any) -> str:
        """Return a value as JSON text.

        Raises:
            UnsupportedValueError: the value, or something in it, is not in the table.
        """
        return "".join(_write(self.lower(value, 0), 0))

    def data(self) -> bytes:
        """Return all buffers, each at its offset."""
        return b"".join(self._chunks)

    def lower(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 - one a type
        """Return the value with `$`-objects for what JSON lacks; `depth` containers of the text stand around it."""
        kind = type(value)
        if kind is str:
            return value if value.isascii() else plain_text(value)
        if kind is float:
            return value if value - value == 0.0 else self._object(depth, "$float", _float_name(value))
        if kind is bool or value is None:
            return value
        if kind is int:
            return value if -_MAX_INT <= value <= _MAX_INT else self._object(depth, "$int", _digits(value))
        if kind is dict:
            return self._dict(value, depth)
        if kind is list:
            return self._list(value, depth)
        return self._other(value, depth)

    def _other(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 - one a type
        if isinstance(value, tuple):
            _within(depth + 2)
            return {"$tuple": self._list(value, depth + 1)}
        if isinstance(value, (bytes, bytearray, memoryview)):
            content = plain_bytes(value)
            return self._object(depth, "$bytes", self._put(content), length=len(content))
        elements = elements_of(value)
        if elements is not None:
            _within(depth + 2)
            offset = self._put(elements.data)
            return {"$buf": offset, "dtype": elements.dtype, "shape": list(elements.shape)}
        number = plain_number(value)
        for base in (str, int, float):
            if isinstance(number, base):
                plain = number if type(number) in {base, bool} else getattr(base, f"__{base.__name__}__")(number)
                return self.lower(plain, depth)
        if isinstance(value, dict):
            return self._dict(value, depth)
        if isinstance(value, list):
            return self._list(value, depth)
        if hasattr(type(value), "__dataclass_fields__"):
            from dataclasses import fields  # noqa: PLC0415 - whoever made a dataclass has paid for the import

            return self._dict({field.name: getattr(value, field.name) for field in fields(value)}, depth)
        raise UnsupportedValueError(type(value).__name__)

    def _list(self, items: Any, depth: int) -> list[Any]:
        _within(depth + 1)
        lowered: list[Any] = []
        try:
            for item in items:
                lowered.append(self.lower(item, depth + 1))  # noqa: PERF401 - its length says where an error is
        except UnsupportedValueError as error:
            error.inside(f"[{len(lowered)}]")
            raise
        return lowered

    def _dict(self, items: dict[Any, Any], depth: int) -> dict[str, Any]:
        _within(depth + 1)
        if not all(isinstance(key, str) for key in items):
            return self._map(items, depth)
        lowered = {}
        for key, item in items.items():
            try:
                name = plain_text(key)
                lowered["$" + name if name.startswith("$") else name] = self.lower(item, depth + 1)
            except UnsupportedValueError as error:
                error.inside(f"[{key!r:.80}]")
                raise
        return lowered

    def _map(self, items: dict[Any, Any], depth: int) -> dict[str, Any]:
        _within(depth + 3)
        pairs = []
        for key, item in items.items():
            try:
                pairs.append([self._map_key(key, depth + 3), self.lower(item, depth + 3)])
            except UnsupportedValueError as error:
                error.inside(f"[{key!r:.80}]")
                raise
        return {"$map": pairs}

    def _map_key(self, key: Any, depth: int) -> Any:
        if hasattr(type(key), "__dataclass_fields__"):  # it would arrive as a dict, which is no key
            raise UnsupportedValueError(f"{type(key).__name__} as a key")
        return self.lower(key, depth)

    def _object(self, depth: int, name: str, value: object, **more: object) -> dict[str, object]:
        _within(depth + 1)
        return {name: value, **more}

    def _put(self, content: Buffer) -> int:
        """Add a buffer, and return its offset."""
        if not self._buffers:
            raise UnsupportedValueError("array or bytes in metadata")
        padding = -self._size % _ALIGNMENT
        if padding:
            self._chunks.append(bytes(padding))
        offset = self._size + padding
        self._chunks.append(content)
        self._size = offset + memoryview(content).nbytes
        return offset


def _within(depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise UnsupportedValueError(f"nesting deeper than {_MAX_DEPTH}")


def _float_name(value: float) -> str:
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "nan"
    return "inf" if value > 0 else "-inf"


def _digits(value: int) -> str:
    if not -_TOO_BIG < value < _TOO_BIG:  # compared, because writing the digits may take very long
        raise UnsupportedValueError(f"int of more than {_MAX_DIGITS} digits")
    return str(value)


class _Reader:
    """Turns `$`-objects back into what they stand for."""

    __slots__ = ("_data", "_numpy")

    def __init__(self, data: memoryview, *, numpy: bool) -> None:
        self._data = data
        self._numpy = numpy

    def lift(self, value: Any) -> Any:
        if type(value) is list:
            return [self.lift(item) for item in value]
        if type(value) is not dict:
            return value
        if any(key.startswith("$") and not key.startswith("$$") for key in value):
            return self._form(value)
        return {key.removeprefix("$"): self.lift(item) for key, item in value.items()}

    def _form(self, value: dict[str, Any]) -> Any:
        match value:
            case {"$float": str(name), **rest} if not rest and name in _FLOATS:
                return _FLOATS[name]
            case {"$int": str(digits), **rest} if not rest and len(digits) <= _MAX_DIGITS + 1:
                if _INTEGER.fullmatch(digits):
                    return int(digits)
            case {"$tuple": list(items), **rest} if not rest:
                return tuple(self.lift(item) for item in items)
            case {"$map": list(pairs), **rest} if not rest:
                return self._dict(pairs)
            case {"$bytes": int(offset), "length": int(length), **rest} if not rest:
                if offset >= 0 and 0 <= length <= len(self._data) - offset:
                    return self._data[offset : offset + length].tobytes()
            case {"$buf": int(offset), "dtype": str(), "shape": list(), **rest} if not rest and offset >= 0:
                dtype, shape = typed_shape(value, "$buf")
                return array_of(dtype, shape, self._data, offset, whole=False, numpy=self._numpy)
        raise malformed("a known `$`-object that fits the data", repr(value))

    def _dict(self, pairs: list[Any]) -> dict[Any, Any]:
        lifted = {}
        for pair in pairs:
            try:
                key, item = pair
                lifted[self.lift(key)] = self.lift(item)
            except (TypeError, ValueError) as error:
                raise MalformedBodyError(f"expected pairs of a key and a value, got `{pair!r:.80}`") from error
        return lifted
