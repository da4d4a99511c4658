"""Packets as messages of `schemas/packet.proto`, read and written by hand: an environment need not have protobuf.

The parent checks what it is sent, and is trusted in what it sends: no message is checked here.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from remotemedia.values import decode as decode_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.values import Encoded

__all__ = ["Origin", "Received", "decode", "encode"]

_AUDIO, _VIDEO, _TENSOR, _TEXT, _JSON, _BYTES = 1, 2, 3, 4, 5, 6  # as in `schemas/node.wit`
_BODY: Final = 15  # a body's field is its kind and this
_VARINT, _LENGTH = 0, 2  # wire types
_SAMPLES: Final = ("", "f32", "i16", "i32")
_LAYOUTS: Final = ("", "planar", "interleaved")
_LATEST: Final = (1 << 63) - 1  # of times
_DTYPES: Final = ("", "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "f32", "f64")


class Origin(NamedTuple):
    """What a packet has beside its value, and what is emitted for it has as well.

    Attributes:
        stream: which of several streams of an edge.
        pts: nanoseconds since the start of the stream, or None.
        duration: nanoseconds, or None.
        session: the session, or empty.
    """

    stream: int = 0
    pts: int | None = None
    duration: int | None = None
    session: str = ""

    def after(self) -> Origin:
        """The origin of what comes after this."""
        pts = None if self.pts is None else max(-_LATEST, min(self.pts + (self.duration or 0), _LATEST))
        return self._replace(pts=pts, duration=None)


class Received(NamedTuple):
    """A packet's body as `remotemedia.values.decode` takes it, with what stands beside it."""

    port: int
    origin: Origin
    kind: int
    head: str
    meta: str
    data: memoryview

    def value(self, *, numpy: bool) -> Any:
        """The value that the body is; arrays share its memory."""
        return decode_value(self.kind, self.head, self.meta, self.data, numpy=numpy)


def decode(message: memoryview) -> Received:
    """Read a message; its data is shared, not copied."""
    stream = port = kind = 0
    pts: int | None = None
    duration: int | None = None
    session = meta = head = ""
    data = message[:0]
    for field, value in _fields(message):
        if field == 1:
            stream = value
        elif field == 3:  # noqa: PLR2004 - these are the numbers of `packet.proto`
            pts = _signed(value)
        elif field == 4:  # noqa: PLR2004 - the same
            duration = _signed(value)
        elif field == 5:  # noqa: PLR2004 - the same
            session = str(value, "utf-8")
        elif field == 7:  # noqa: PLR2004 - the same
            meta = str(value, "utf-8")
        elif field == 8:  # noqa: PLR2004 - the same
            port = value
        elif field > _BODY:
            kind = field - _BODY
            head, data = _body(kind, value)
    return Received(port, Origin(stream, pts, duration, session), kind, head, meta, data)


def encode(origin: Origin, body: Encoded) -> list[bytes | memoryview]:
    """Write a message for the first port, as a length and parts that follow it; the body's data is one of them."""
    kind, head, meta, data = body
    described = _described(kind, head)
    view = memoryview(data).cast("B")
    number = _tag(kind + _BODY, _LENGTH)
    if kind in {_TEXT, _BYTES}:
        inner = _varint(len(described) + len(view)) + described
    else:
        # The data is the last field of audio, tensor and json alike.
        described += _data_tag(kind) + _varint(len(view))
        inner = _varint(len(described) + len(view)) + described
    outer = b"".join((_beside(origin), _text(7, meta), number, inner))
    length = len(outer) + len(view)
    return [length.to_bytes(4, "little") + outer, view] if len(view) else [length.to_bytes(4, "little") + outer]


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Give the fields of a message: numbers as they are, everything else as a part of it."""
    at, end = 0, len(message)
    while at < end:
        tag, at = _number(message, at)
        value, at = _number(message, at)
        if tag & 7 == _LENGTH:
            start, at = at, at + value
            yield tag >> 3, message[start:at]
        else:
            yield tag >> 3, value


def _number(message: memoryview, at: int) -> tuple[int, int]:
    byte = message[at]
    at += 1
    if byte < 0x80:  # noqa: PLR2004 - the last byte of a varint
        return byte, at
    value, shift = byte & 0x7F, 7
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the same
            return value, at
        shift += 7


def _signed(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _body(kind: int, content: memoryview) -> tuple[str, memoryview]:
    """Give head and data of a body."""
    nothing = content[:0]
    if kind == _TEXT:
        return str(content, "utf-8"), nothing
    if kind == _BYTES:
        return "", content
    numbers = {1: 0, 2: 0, 3: 0, 4: 0}
    text, data = "", nothing
    shape: list[int] = []
    for field, value in _fields(content):
        if kind == _JSON and field == 1:
            text = str(value, "utf-8")
        elif kind == _TENSOR and field == 2:  # noqa: PLR2004 - as in `packet.proto`
            shape = _packed(value) if isinstance(value, memoryview) else [*shape, value]
        elif isinstance(value, memoryview):
            data = value  # the data is the only other part that is not a number
        else:
            numbers[field] = value
    if kind == _AUDIO:
        return _audio_head(numbers[1], numbers[2], numbers[3], numbers[4]), data
    if kind == _TENSOR:
        return f'{{"dtype":"{_DTYPES[numbers[1]]}","shape":[{",".join(map(str, shape))}]}}', data
    return text, data


def _packed(values: memoryview) -> list[int]:
    found, at = [], 0
    while at < len(values):
        value, at = _number(values, at)
        found.append(value)
    return found


@lru_cache(maxsize=64)
def _audio_head(form: int, rate: int, channels: int, layout: int) -> str:
    return f'{{"format":"{_SAMPLES[form]}","rate":{rate},"channels":{channels},"layout":"{_LAYOUTS[layout]}"}}'


def _described(kind: int, head: str) -> bytes:
    """Give what a body's message has before its data."""
    if kind == _TEXT:
        return head.encode()
    if kind == _JSON:
        return _text(1, head)
    return _numbers(kind, head)


@lru_cache(maxsize=256)
def _numbers(kind: int, head: str) -> bytes:
    if kind == _BYTES:
        return b""
    said = json.loads(head)
    if kind == _AUDIO:
        values = (_SAMPLES.index(said["format"]), said["rate"], said["channels"], _LAYOUTS.index(said["layout"]))
        return b"".join(_tag(field, _VARINT) + _varint(value) for field, value in enumerate(values, 1))
    shape = b"".join(map(_varint, said["shape"]))
    shape = _tag(2, _LENGTH) + _varint(len(shape)) + shape if shape else b""
    return _tag(1, _VARINT) + _varint(_DTYPES.index(said["dtype"])) + shape


def _data_tag(kind: int) -> bytes:
    return _tag({_AUDIO: 5, _TENSOR: 3, _JSON: 2}[kind], _LENGTH)


@lru_cache(maxsize=1024)
def _beside(origin: Origin) -> bytes:
    stream, pts, duration, session = origin
    parts = [_tag(1, _VARINT) + _varint(stream) if stream else b""]
    for field, time in ((3, pts), (4, duration)):
        if time is not None:
            parts.append(_tag(field, _VARINT) + _varint(time << 1 if time >= 0 else ~(time << 1)))
    return b"".join((*parts, _text(5, session)))


def _text(field: int, text: str) -> bytes:
    if not text:
        return b""
    encoded = text.encode()
    return _tag(field, _LENGTH) + _varint(len(encoded)) + encoded


@lru_cache(maxsize=64)
def _tag(field: int, form: int) -> bytes:
    return _varint(field << 3 | form)


def _varint(value: int) -> bytes:
    if value < 0x80:  # noqa: PLR2004 - one byte
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:  # noqa: PLR2004 - more than one
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
