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


def give_sound(value: tuple[Any, ...]) -> bool:
    """Give sound of one channel as a packet; whether the value is that."""
    if len(value) != 2:  # noqa: PLR2004 - sound and rate
        return False
    sound, rate = value
    if type(sound) is not Array or type(rate) is not int:
        return False
    items = sound._items  # noqa: SLF001 - part of the codec, which is its friend
    before = _before(sound.dtype, rate, sound.shape, items.nbytes)
    if before is None:
        return False
    give(before + items)
    return True


@lru_cache(_KEPT)
def _before(dtype: str, rate: int, shape: tuple[int, ...], length: int) -> bytes | None:
    """Return all that stands before the data of such sound; None where it is no quick one."""
    if dtype == "f64" or len(shape) != 1 or length > SMALL:
        return None
    body = encode((Array(b"", dtype), rate))
    if body is None or body.kind != _AUDIO:
        return None
    return header(_AUDIO, body.head, "", length)
