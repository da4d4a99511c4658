"""The most frequent values, past `remotemedia.values`: what is decided there for every packet is decided here once.

The forms are the same; what is not quick is left to `values`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from remotemedia._sandbox.outlet import SMALL, give, header
from remotemedia.array import Array
from remotemedia.values import decode, encode

_AUDIO: Final = 1
_KEPT: Final = 64


def reader(kind: int, head: str, meta: str, first: object) -> Callable[[bytes], Any]:
    """Return what reads packets that differ from the first, whose value this is, in their data alone."""
    match first:
        case (Array() as sound, int(rate)) if kind == _AUDIO and sound.ndim == 1:
            view: Any = sound._items.format  # noqa: SLF001 - part of the codec, which is its friend
            dtype = sound.dtype
            wrap = Array._of  # noqa: SLF001 - the same

            def read(data: bytes) -> tuple[Array, int]:
                items = memoryview(data).cast(view)
                return wrap(items, dtype, (len(items),)), rate

            return read
    return lambda data: decode(kind, head, meta, data, numpy=False)


class _Last:
    """What stood before the data of the sound that was given last: most streams are of one form."""

    form: tuple[str, int, int] = ("", 0, -1)  # dtype, rate, and length in items
    before: bytes = b""


def give_sound(value: Any) -> bool:
    """Give sound of one channel as a packet; whether the tuple is that."""
    if len(value) != 2:  # noqa: PLR2004 - sound and rate
        return False
    sound, rate = value
    if type(sound) is not Array or type(rate) is not int or len(sound.shape) != 1:
        return False
    items = sound._items  # noqa: SLF001 - part of the codec, which is its friend
    form = (sound.dtype, rate, len(items))
    if form != _Last.form:
        before = _before(sound.dtype, rate, items.nbytes)
        if before is None:
            return False
        _Last.form, _Last.before = form, before
    give(_Last.before + items)
    return True


@lru_cache(_KEPT)
def _before(dtype: str, rate: int, length: int) -> bytes | None:
    """Return all that stands before so many bytes of such sound; None where it is no quick one."""
    if dtype == "f64" or length > SMALL:
        return None
    body = encode((Array(b"", dtype), rate))
    if body is None or body.kind != _AUDIO:
        return None
    return header(_AUDIO, body.head, "", length)
