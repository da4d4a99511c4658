"""Nodes for sound.

    from remotemedia.nodes.audio import AudioMixNode, AudioResampleNode

    pipeline.add(AudioMixNode(channels=1)).add(AudioResampleNode(target_sample_rate=16000))

In a pipeline the engine runs them natively. Called directly, they use the same kernels of `remotemedia._native`: sound
is `(array, rate)`, the array `(N,)` or `(C, N)` of float32, float64, int16 or int32, and comes out as float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.node import Node
from remotemedia.nodes._sound import Sound, kernel_of, planes, sound_of
from remotemedia.nodes._streaming import StreamingNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia._native import Resampler, Windower
    from remotemedia.nodes._streaming import Stream

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


class AudioResampleNode(StreamingNode["Resampler"]):
    """Changes the sample rate, band-limited; gives float32.

    What the filter has not ready comes with later sound, or by `flush`: in total the input's length at the new rate.

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

    def _start(self, stream: Stream) -> Resampler:
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        return _native.Resampler(stream.rate, self.target_sample_rate, stream.channels, self.quality)

    def _give(self, made: Any, stream: Stream) -> Iterator[Sound]:
        sound = sound_of(made, stream.channels)
        if sound.size:
            yield sound, self.target_sample_rate


class AudioWindowNode(StreamingNode["Windower"]):
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

    def _start(self, stream: Stream) -> Windower:
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        hop = self.size if self.hop is None else self.hop
        return _native.Windower(self.size, hop, self.pad, stream.channels)

    def _give(self, made: Any, stream: Stream) -> Iterator[Sound]:
        for window in made:
            yield sound_of(window, stream.channels), stream.rate
