"""The sample rate, and with it the number of channels."""

from __future__ import annotations

from typing import Any

from remotemedia.node import Node
from remotemedia.nodes._sound import Heard, Sound, floats_of, hear, kernel_of

__all__ = ["AudioResampleNode", "AudioResampler", "AudioTransform"]


class AudioResampleNode(Node):
    """Changes the sample rate, band-limited and with linear phase: `(array, rate)` becomes `(array, target)`, float32.

    `N` samples become `N · target / rate`, rounded to the nearest, halves up; sample `i` stands at the time of
    `i · rate / target` of the input. In a pipeline packets that follow one another are one sound without seams, whose
    samples do not depend on how it was cut; a direct call takes its value for a whole sound. Equal rates pass through.

    Up to a part of half the lower rate a tone comes out 130 dB above what differs from it: 84 % with
    `low`, 92 % with `medium`, 96 % with `high`, for some pairs of rates more. What the lower rate cannot hold is 130 dB
    down in each.

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

    def process(self, value: Sound) -> Sound:
        """Return a whole sound at the new rate; a dict beside it stays.

        Raises:
            NodeError: RM606, the value is no sound; RM211 or RM601, the parameters cannot be used.
        """
        return _resampled(self, hear(self, value), self.target_sample_rate, self.quality)


class AudioResampler(Node):
    """Changes the sample rate: an `AudioResampleNode` of quality `high`.

    Args:
        target_sample_rate: samples per second of the output, in Hz, 1 000 to 768 000.
        kw: arguments of `Node`.
    """

    def __init__(self, target_sample_rate: int = 44100, **kw: Any) -> None:
        super().__init__(**kw)
        self.target_sample_rate = target_sample_rate

    def process(self, value: Sound) -> Sound:
        """Return a whole sound at the new rate; a dict beside it stays.

        Raises:
            NodeError: RM606, the value is no sound; RM211 or RM601, the rate cannot be used.
        """
        return _resampled(self, hear(self, value), self.target_sample_rate, "high")


class AudioTransform(Node):
    """Changes sample rate and number of channels: `(array, rate)` becomes `(array, output_sample_rate)`, float32.

    The array is `(output_channels, N)`, mono `(N,)`. The rate changes as in an `AudioResampleNode` of quality `high`,
    the channels as in an `AudioMixNode`. In a pipeline packets that follow one another are one sound without seams; a
    direct call takes its value for a whole sound.

    Args:
        output_sample_rate: samples per second of the output, in Hz, 1 000 to 768 000.
        output_channels: channels of the output, 1 to 64.
        kw: arguments of `Node`.
    """

    def __init__(self, output_sample_rate: int = 44100, output_channels: int = 2, **kw: Any) -> None:
        super().__init__(**kw)
        self.output_sample_rate = output_sample_rate
        self.output_channels = output_channels

    def process(self, value: Sound) -> Sound:
        """Return a whole sound at the new rate, in the new number of channels; a dict beside it stays.

        Raises:
            NodeError: RM606, the value is no sound; RM211 or RM601, the parameters cannot be used.
        """
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        sound = hear(self, value)
        samples, fewer = sound.floats(), min(sound.channels, self.output_channels)
        with kernel_of(self):
            # Fewer channels are less to filter; more are made of what was filtered.
            if fewer < sound.channels:
                samples = floats_of(_native.mix(samples, sound.channels, fewer))
            made = _native.resample(samples, fewer, sound.rate, self.output_sample_rate, "high")
            if self.output_channels != fewer:
                made = _native.mix(floats_of(made), fewer, self.output_channels)
        return sound.given(made, channels=self.output_channels, rate=self.output_sample_rate)


def _resampled(node: Node, sound: Heard, rate: int, quality: str) -> Sound:
    from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

    with kernel_of(node):
        made = _native.resample(sound.floats(), sound.channels, sound.rate, rate, quality)
    return sound.given(made, rate=rate)
