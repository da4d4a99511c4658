"""Sound written as a WAV file of 32-bit floats, block by block, to a file or a pipe (Microsoft RIFF, 1991; mmreg.h)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from remotemedia.nodes._sound import Samples

__all__ = ["WavFile"]

_FLOAT: Final = 3
_BYTES: Final = 4
_HEADER: Final = 58
_MOST: Final = 2**32 - 1


class WavFile:
    """One stream of sound.

    Args:
        target: a binary file, which stays open; where it cannot seek, the header states the greatest length, which
            readers of pipes take for "to the end".
        rate: samples per second.
        channels: channels.
    """

    def __init__(self, target: BinaryIO, rate: int, channels: int) -> None:
        self._target = target
        self._rate = rate
        self._channels = channels
        self._written = 0
        target.write(self._header(_MOST - _HEADER))

    def write(self, samples: Samples) -> None:
        """Append samples `(C, N)` of float32."""
        block = samples.T.astype("<f4", copy=False).tobytes()
        self._target.write(block)
        self._written += len(block)

    def close(self) -> None:
        """Put the header right."""
        if self._target.seekable():
            self._target.seek(-(self._written + _HEADER), 1)
            self._target.write(self._header(self._written))
            self._target.seek(0, 2)
        self._target.flush()

    def _header(self, size: int) -> bytes:
        frame = _BYTES * self._channels
        size = min(size, _MOST - _HEADER)
        parts = (_FLOAT, self._channels, self._rate, self._rate * frame, frame, 8 * _BYTES, 0)
        return (
            struct.pack("<4sI4s", b"RIFF", size + _HEADER - 8, b"WAVE")
            + struct.pack("<4sIHHIIHHH", b"fmt ", 18, *parts)
            + struct.pack("<4sII", b"fact", 4, size // frame)
            + struct.pack("<4sI", b"data", size)
        )
