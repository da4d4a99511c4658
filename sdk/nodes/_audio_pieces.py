"""Pieces of equal length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.nodes._sound import Heard
from remotemedia.nodes._streaming import CuttingNode

if TYPE_CHECKING:
    from remotemedia._native import Chunker, Windower

__all__ = ["AudioBuffer", "AudioWindowNode"]


class AudioWindowNode(CuttingNode["Windower"]):
    """Cuts sound into windows of equal length; the last is filled with silence.

    Args:
        size: samples per channel of a window.
        hop: samples from one window to the next; without it, `size`.
        pad: whether a last, incomplete window is filled with silence rather than dropped.
        kw: arguments of `Node`.
    """

    def __init__(
        self,
        size: int = 512,
        hop: int | None = None,
        pad: bool = True,  # noqa: FBT001, FBT002 - as in `schemas/nodes.v1.json`
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.size = size
        self.hop = hop
        self.pad = pad

    def _hear(self, value: Any) -> Heard:
        sound = super()._hear(value)
        return sound._replace(samples=sound.floats(), dtype="f32")

    def _start(self, sound: Heard) -> Windower:
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        hop = self.size if self.hop is None else self.hop
        return _native.Windower(self.size, hop, self.pad, sound.channels)


class AudioBuffer(CuttingNode["Chunker"]):
    """Gathers sound into chunks of equal length, `(array, rate)` each; the last may be shorter.

    Samples stay what they are, of their own type. Sound of another rate, type or number of channels ends a chunk.
    A dict beside the sound goes with the chunk that its sound completes.

    Args:
        buffer_size_samples: samples per channel of a chunk, at least 1.
        kw: arguments of `Node`.
    """

    is_streaming = True

    def __init__(self, buffer_size_samples: int, **kw: Any) -> None:
        super().__init__(**kw)
        self.buffer_size_samples = buffer_size_samples

    def _start(self, sound: Heard) -> Chunker:
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        return _native.Chunker(self.buffer_size_samples, sound.channels, 2 if sound.dtype == "i16" else 4)
