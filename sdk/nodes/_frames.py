"""Frames of PyAV, and arrays."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from remotemedia.nodes._values import unusable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from remotemedia.node import Node

    Samples: TypeAlias = NDArray[np.float32]

__all__ = ["audio_frame", "is_picture", "samples_of", "scaled", "size_of", "timed"]

_EXPECTED: Final = "a video frame, or an array `(H, W)`, `(H, W, 3)` or `(H, W, 4)` of uint8"


def samples_of(frame: Any) -> Samples:
    """Return the samples of an `av.AudioFrame` as float32 `(C, N)`, full scale ±1."""
    import numpy as np  # noqa: PLC0415 - constructing a node must not load it

    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, len(frame.layout.channels)).T
    if samples.dtype == np.uint8:
        samples = samples.astype(np.int16) - 128
        return np.ascontiguousarray(samples * np.float32(2.0**-7), np.float32)
    scale = 0 if samples.dtype.kind == "f" else 8 * samples.dtype.itemsize - 1
    return np.ascontiguousarray(samples.astype(np.float32) * np.float32(2.0**-scale))


def audio_frame(av: Any, samples: Samples, rate: int, at: int) -> Any:
    """Return samples `(C, N)` as an `av.AudioFrame` that begins at a sample."""
    channels = len(samples)
    layout = {1: "mono", 2: "stereo"}.get(channels, f"{channels}c")
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
    return frame


def is_picture(value: Any) -> bool:
    """Whether a value is an array `(H, W)`, `(H, W, 3)` or `(H, W, 4)` of uint8, in whatever order of colours."""
    shape, dtype = getattr(value, "shape", ()), getattr(value, "dtype", None)
    return str(dtype) == "uint8" and 0 not in shape and len(shape) in {2, 3} and (*shape, 1)[2] in {1, 3, 4}


def scaled(node: Node, av: Any, value: Any, width: int, height: int) -> Any:
    """Return a frame or an array with another width and height.

    Raises:
        NodeError: RM606, the value is neither.
    """
    if isinstance(value, av.VideoFrame):
        return timed(value.reformat(width, height, interpolation="BICUBIC"), value)
    if not is_picture(value):
        raise unusable(node, _EXPECTED, value)
    import numpy as np  # noqa: PLC0415 - constructing a node must not load it

    if value.ndim == 2:  # noqa: PLR2004 - height and width
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(value), format="gray")
        return frame.reformat(width, height, interpolation="BICUBIC").to_ndarray()
    # Colour by colour, so that their order does not matter and none is turned into another.
    colours = [scaled(node, av, value[..., colour], width, height) for colour in range(value.shape[2])]
    return np.stack(colours, axis=-1)


def timed(frame: Any, like: Any) -> Any:
    """Return a frame with the time of another."""
    frame.pts = like.pts
    if like.time_base is not None:
        frame.time_base = like.time_base
    return frame


def size_of(node: Node, av: Any, value: Any) -> tuple[int, int]:
    """Return the width and height of a frame or an array.

    Raises:
        NodeError: RM606, the value is neither.
    """
    if isinstance(value, av.VideoFrame):
        return value.width, value.height
    if is_picture(value):
        height, width = value.shape[:2]
        return width, height
    raise unusable(node, _EXPECTED, value)
