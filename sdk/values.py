"""Python values as packet bodies, and back: the table of `schemas/packet.md`.

    from remotemedia.values import decode, encode

    body = encode((samples, 16000))          # Encoded(kind=1, head='{"format":"f32",…}', meta='', data=…)
    sound = decode(*body, numpy=True)        # (ndarray, 16000)

An instance of a subclass of `str`, `int`, `float`, `bytes`, `list`, `tuple` or `dict` travels as what it is based on.
This module needs the standard library only: it is also part of the sandboxed Python. numpy is met where a program
has imported it, and imported only for `decode(…, numpy=True)`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from remotemedia._elements import array_of, elements_of, item_size, plain_number, rounded, typed_shape
from remotemedia._json_text import Writer, parsed, plain_bytes, plain_json, plain_text, read
from remotemedia._value_errors import MalformedBodyError, UnsupportedValueError, malformed
from remotemedia.array import _VIEWS, Array

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["Encoded", "MalformedBodyError", "UnsupportedValueError", "decode", "encode"]

_AUDIO, _VIDEO, _TENSOR, _TEXT, _JSON, _BYTES = 1, 2, 3, 4, 5, 6  # as in `schemas/node.wit`

_RATES: Final = range(1_000, 768_001)
_CHANNELS: Final = range(1, 65_536)
_SAMPLES: Final = {"f32": "f32", "f64": "f32", "i16": "i16", "i32": "i32"}  # dtype → sample format


class Encoded(NamedTuple):
    """A packet's body as it crosses into a sandbox: values 5, 6, 7 and 9 of `schemas/node.wit`.

    `data` may share memory with the value it was made of.
    """

    kind: int
    head: str
    meta: str
    data: Buffer


def encode(value: object) -> Encoded | None:
    """Return a value as a packet's body; None where there is no packet.

    Raises:
        UnsupportedValueError: the value, or something in it, is not in the table.
    """
    kind = type(value)
    if kind is str:
        return Encoded(_TEXT, plain_text(value), "", b"")
    if value is None:
        return None
    if kind is not dict and kind is not list:
        body = _encode_sound(value) if isinstance(value, tuple) else _encode_flat(value)
        if body is not None:
            return body
    elif (text := plain_json(value)) is not None:
        return Encoded(_JSON, text, "", b"")
    writer = Writer()
    head = writer.text(value)
    return Encoded(_JSON, head, "", writer.data())


def decode(kind: int, head: str, meta: str, data: Buffer, *, numpy: bool) -> Any:
    """Return the value of a packet's body.

    Args:
        kind: 1 audio, 3 tensor, 4 text, 5 json, 6 bytes.
        head: as in `schemas/packet.md`.
        meta: a JSON object beside sound, or empty.
        data: the payload; arrays share its memory.
        numpy: whether arrays are `numpy.ndarray` rather than `Array`.

    Raises:
        UnsupportedValueError: the body has no Python value (video).
        MalformedBodyError: head, meta or data are not as the table says.
    """
    if kind == _TEXT:
        return head
    if kind == _JSON:
        return read(head, data, numpy=numpy)
    if kind == _TENSOR:
        dtype, shape = _tensor_of(head)
        return array_of(dtype, shape, data, 0, whole=True, numpy=numpy)
    if kind == _AUDIO:
        dtype, rate, channels, frame = _audio_of(head)
        view = memoryview(data)
        frames, rest = divmod(view.nbytes, frame)
        shape = (frames,) if channels == 1 else (channels, frames)
        if numpy or rest or view.format != "B":
            samples = array_of(dtype, shape, view, 0, whole=True, numpy=numpy)
        else:
            samples = Array._of(view.cast(_VIEWS[dtype]), dtype, shape)  # noqa: SLF001 - the codec is its friend
        return (samples, rate, read(meta, b"", numpy=numpy)) if meta else (samples, rate)
    if kind == _BYTES:
        return bytes(data)
    if kind == _VIDEO:
        raise UnsupportedValueError("video")
    raise MalformedBodyError(f"expected a kind from 1 to 6, got {kind}")


def _encode_flat(value: object) -> Encoded | None:
    """Encode text, bytes and arrays; None is given for anything else."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Encoded(_BYTES, "", "", plain_bytes(value))
    if isinstance(value, str):
        return Encoded(_TEXT, plain_text(value), "", b"")
    elements = elements_of(value)
    if elements is None:
        return None
    return Encoded(_TENSOR, _tensor_head(elements.dtype, elements.shape), "", elements.data)


def _encode_sound(value: tuple[Any, ...]) -> Encoded | None:
    """Encode `(array, rate)` and `(array, rate, meta)`; None is given for any other tuple."""
    if not 2 <= len(value) <= 3 or (len(value) == 3 and not isinstance(value[2], dict)):  # noqa: PLR2004 - as named
        return None
    rate = value[1] if type(value[1]) is int else plain_number(value[1])
    if type(rate) is not int or rate not in _RATES:
        return None
    try:
        elements = elements_of(value[0])
    except UnsupportedValueError:
        return None  # the json form refuses it too, and says where it stands
    dtype, shape, data = elements or ("", (), memoryview(b""))
    if dtype not in _SAMPLES or not 1 <= len(shape) <= 2:  # noqa: PLR2004 - axes
        return None
    channels = 1 if len(shape) == 1 else shape[0]
    if channels not in _CHANNELS:
        return None
    meta = _encode_meta(value[2]) if len(value) == 3 else ""  # noqa: PLR2004 - as named
    return Encoded(
        _AUDIO, _audio_head(_SAMPLES[dtype], rate, channels), meta, rounded(data) if dtype == "f64" else data
    )


def _encode_meta(meta: dict[Any, Any]) -> str:
    writer = Writer(buffers=False)
    try:
        return writer.text(meta)
    except UnsupportedValueError as error:
        error.inside("[2]")
        raise


@lru_cache(maxsize=256)
def _tensor_head(dtype: str, shape: tuple[int, ...]) -> str:
    return f'{{"dtype":"{dtype}","shape":[{",".join(map(str, shape))}]}}'


@lru_cache(maxsize=256)
def _audio_head(sample_format: str, rate: int, channels: int) -> str:
    return f'{{"format":"{sample_format}","rate":{rate},"channels":{channels},"layout":"planar"}}'


@lru_cache(maxsize=256)
def _tensor_of(head: str) -> tuple[str, tuple[int, ...]]:
    return typed_shape(parsed(head), head)


@lru_cache(maxsize=256)
def _audio_of(head: str) -> tuple[str, int, int, int]:
    """Return sample format, rate, channels and the bytes of a frame."""
    match parsed(head):
        case {"format": ("f32" | "i16" | "i32") as form, "rate": int(rate), "channels": int(count), "layout": layout}:
            # One channel lies the same way in both layouts; of several the engine makes planes before Python sees them.
            fits = layout == "planar" or (layout == "interleaved" and count == 1)
            if fits and rate > 0 and count in _CHANNELS:
                return form, rate, count, item_size(form) * count
    raise malformed("planar audio", head)
