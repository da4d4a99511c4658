"""Channels and samples, one by one."""

from __future__ import annotations

from typing import Any, Final

from remotemedia.errors import NodeError
from remotemedia.node import Node
from remotemedia.nodes._sound import Sound, hear, kernel_of

__all__ = ["AudioMixNode", "ExtractAudioDataNode", "FormatConverterNode"]

_FORMATS: Final = ("f32", "i16", "i32")


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
        """Return the sound, as float32, with the node's number of channels; a dict beside it stays.

        Raises:
            NodeError: RM606, the value is no sound; RM601, the number cannot be used.
        """
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        sound = hear(self, value)
        with kernel_of(self):
            mixed = _native.mix(sound.floats(), sound.channels, self.channels)
        return sound.given(mixed, channels=self.channels)


class UnknownFormatError(NodeError, ValueError):
    """A sample format is none of those there are (RM211)."""


class FormatConverterNode(Node):
    """Changes the type of the samples: `(array, rate)` becomes the same sound in another type.

    Full scale is ±1 of float32, and the negative extreme of an integer type, such as -32768. What does not fit is
    rounded to the nearest, halves away from zero, and clipped; there is no dither, and NaN becomes silence. So from 16
    bits to any type and back is exact, as is from 32 bits to float32 and back for what has no more than 24 bits.

    Args:
        target_format: `f32`, `i16` or `i32`.
        runtime_hint: `auto`, `rust` or `python`; accepted for older programs, the kernel is the same everywhere.
        kw: arguments of `Node`.

    Raises:
        ValueError: the format is another; it is also a `NodeError` (RM211).
    """

    def __init__(self, target_format: str = "f32", runtime_hint: str = "auto", **kw: Any) -> None:
        super().__init__(**kw)
        if target_format not in _FORMATS:
            raise UnknownFormatError(
                f"expected `f32`, `i16` or `i32` for `target_format`, got `{target_format!r:.80}`", code="RM211"
            )
        self.target_format = target_format
        self.runtime_hint = runtime_hint

    def process(self, value: Sound) -> Sound:
        """Return the sound in the node's type; a dict beside it stays.

        Raises:
            NodeError: RM606, the value is no sound.
        """
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        sound = hear(self, value)
        made = _native.convert(memoryview(sound.samples), sound.dtype, self.target_format)
        return sound.given(made, dtype=self.target_format)


class ExtractAudioDataNode(Node):
    """Gives the samples alone, of their own type: `(array, rate)` becomes an array of one dimension.

    Of several channels it is all samples of the first, then all of the second; put an `AudioMixNode` before it for one.
    What is no sound is dropped.

    Args:
        kw: arguments of `Node`.
    """

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)

    def process(self, value: Any) -> Any:
        """Return the samples, `(N,)` or `(C · N,)`; None for what is no sound."""
        try:
            sound = hear(self, value)
        except NodeError:
            return None
        return sound.array(sound.samples, dtype=sound.dtype, channels=1)
