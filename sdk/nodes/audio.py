"""Nodes for sound.

    from remotemedia.nodes.audio import AudioMixNode, AudioResampleNode

    pipeline.add(AudioMixNode(channels=1)).add(AudioResampleNode(target_sample_rate=16000))

In a pipeline the engine runs them natively. Called directly, they use the same kernels of `remotemedia._native`: sound
is `(array, rate)`, the array `(N,)` or `(C, N)` of float32, float64, int16 or int32, and comes out as float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from remotemedia.node import Node
from remotemedia.nodes._sound import Sound, kernel_of, planes, sound_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia._native import Resampler, Windower

    _Stream: TypeAlias = tuple[int, int]  # rate and channels

__all__ = ["AudioMixNode", "AudioResampleNode", "AudioWindowNode"]


class AudioMixNode(Node):
    """Changes the number of channels: to fewer by averaging, from one by copying.

    Args:
        channels: channels of the output, 1 to 64.
        kw: arguments of `Node`.
    """

    def __init__(self, channels: int = 1, **kw: Any) -> None:
        super().__init__(**kw)
        self.channels = channels

    def process(self, value: Sound) -> Sound:
        """Return the sound with the node's number of channels.

        Raises:
            NodeError: RM606, the value is no sound.
        """
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        samples, rate = planes(self, value)
        with kernel_of(self):
            mixed = _native.mix(samples, len(samples), self.channels)
        return sound_of(mixed, self.channels), rate


class AudioResampleNode(Node):
    """Changes the sample rate, band-limited; gives float32.

    Args:
        target_sample_rate: samples per second of the output, in Hz, 1 000 to 768 000.
        quality: length of the filter: `low`, `medium` or `high`.
        runtime_hint: `auto`, `rust` or `python`; accepted for older programs, the kernel is the same everywhere.
        kw: arguments of `Node`.
    """

    def __init__(
        self, target_sample_rate: int = 16000, quality: str = "high", runtime_hint: str = "auto", **kw: Any
    ) -> None:
        super().__init__(**kw)
        self.target_sample_rate = target_sample_rate
        self.quality = quality
        self.runtime_hint = runtime_hint
        self._kernel: Resampler | None = None
        self._stream: _Stream | None = None

    def process(self, value: Sound) -> Iterator[Sound]:
        """Give what the filter has ready; the rest comes with later sound, or by `flush`.

        Raises:
            NodeError: RM606, the value is no sound.
        """
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        samples, rate = planes(self, value)
        stream = rate, len(samples)
        if stream != self._stream:
            yield from self.flush()
            with kernel_of(self):
                self._kernel = _native.Resampler(rate, self.target_sample_rate, len(samples), self.quality)
            self._stream = stream
        if self._kernel is not None:
            yield from self._sound(self._kernel.process(samples), len(samples))

    def flush(self) -> Iterator[Sound]:
        """Give the rest, so that the total is the input's length at the new rate."""
        if self._kernel is not None and self._stream is not None:
            kernel, channels = self._kernel, self._stream[1]
            self._kernel = self._stream = None
            yield from self._sound(kernel.flush(), channels)

    def _sound(self, samples: Any, channels: int) -> Iterator[Sound]:
        sound = sound_of(samples, channels)
        if sound.size:
            yield sound, self.target_sample_rate


class AudioWindowNode(Node):
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
        self._kernel: Windower | None = None
        self._stream: _Stream | None = None

    def process(self, value: Sound) -> Iterator[Sound]:
        """Give the windows that are complete.

        Raises:
            NodeError: RM606, the value is no sound.
        """
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        samples, rate = planes(self, value)
        stream = rate, len(samples)
        if stream != self._stream:
            yield from self.flush()
            hop = self.size if self.hop is None else self.hop
            with kernel_of(self):
                self._kernel = _native.Windower(self.size, hop, self.pad, len(samples))
            self._stream = stream
        if self._kernel is not None:
            for window in self._kernel.process(samples):
                yield sound_of(window, len(samples)), rate

    def flush(self) -> Iterator[Sound]:
        """Give the last window, if it is filled or complete."""
        if self._kernel is not None and self._stream is not None:
            kernel, (rate, channels) = self._kernel, self._stream
            self._kernel = self._stream = None
            for window in kernel.flush():
                yield sound_of(window, channels), rate
