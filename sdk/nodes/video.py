"""Nodes for pictures.

    from remotemedia.nodes.video import VideoResizer

    pipeline.add(VideoResizer(target_resolution=(640, 360)))

A picture is an `av.VideoFrame`, or an array `(H, W)`, `(H, W, 3)` or `(H, W, 4)` of uint8; it may stand first in a
tuple, such as `(array, pts)`, or under `video` in a dict, and comes out as it came. Needs the extra `video`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.node import Node
from remotemedia.nodes._extras import pyav
from remotemedia.nodes._frames import scaled, size_of, timed
from remotemedia.nodes.base import BufferNode

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["VideoBuffer", "VideoResizer", "VideoTransform"]


class VideoResizer(Node):
    """Scales pictures to exactly one width and height.

    Args:
        target_resolution: width and height of the output, in pixels.
        kw: arguments of `Node`.

    Raises:
        ValueError: these are not two positive integers.
    """

    def __init__(self, target_resolution: tuple[int, int] = (1920, 1080), **kw: Any) -> None:
        super().__init__(**kw)
        self.target_resolution = _checked(target_resolution)

    def process(self, value: Any) -> Any:
        """Return the picture in the node's size.

        Raises:
            NodeError: RM606, the value is no picture; RM617, PyAV is not installed.
        """
        width, height = self.target_resolution
        av = pyav(self)
        return _with_picture(value, lambda picture: scaled(self, av, picture, width, height))


class VideoTransform(Node):
    """Fits pictures into a width and height: scaled as a whole, centred on black. A frame comes out as RGB.

    Args:
        resolution: width and height of the output, in pixels.
        kw: arguments of `Node`.

    Raises:
        ValueError: these are not two positive integers.
    """

    def __init__(self, resolution: tuple[int, int] = (1920, 1080), **kw: Any) -> None:
        super().__init__(**kw)
        self.resolution = _checked(resolution)

    def process(self, value: Any) -> Any:
        """Return the picture in the node's size.

        Raises:
            NodeError: RM606, the value is no picture; RM617, PyAV is not installed.
        """
        return _with_picture(value, self._fitted)

    def _fitted(self, picture: Any) -> Any:
        av = pyav(self)
        width, height = self.resolution
        has_width, has_height = size_of(self, av, picture)
        scale = min(width / has_width, height / has_height)
        inner = max(1, round(has_width * scale)), max(1, round(has_height * scale))
        if not isinstance(picture, av.VideoFrame):
            return _centred(scaled(self, av, picture, *inner), width, height)
        array = scaled(self, av, picture, *inner).to_ndarray(format="rgb24")
        return timed(av.VideoFrame.from_ndarray(_centred(array, width, height), format="rgb24"), picture)


class VideoBuffer(BufferNode):
    """Gathers pictures into lists of equal length; the last list may be shorter.

    Args:
        buffer_size: pictures of a list, at least 1.
        kw: arguments of `Node`.
    """

    def __init__(self, buffer_size: int = 30, **kw: Any) -> None:
        super().__init__(buffer_size, **kw)


def _checked(resolution: Any) -> tuple[int, int]:
    """Return a width and height in pixels; a manifest makes them a list."""
    match resolution:
        case (int(width), int(height)) if width > 0 and height > 0:
            return width, height
    raise ValueError(f"expected a width and a height in pixels, got `{resolution!r:.80}`")


def _with_picture(value: Any, change: Callable[[Any], Any]) -> Any:
    """Change the picture of a value; sound that comes between pictures is passed on."""
    match value:
        case {"video": picture, **others}:
            return {**others, "video": change(picture)}
        case {"audio": _}:
            return value
        case (picture, *rest) if isinstance(value, tuple):
            return (change(picture), *rest)
    return change(value)


def _centred(picture: Any, width: int, height: int) -> Any:
    """Return an array in the middle of black; of four colours the last is opacity."""
    import numpy as np  # noqa: PLC0415 - constructing a node must not load it

    has_height, has_width, *colours = picture.shape
    canvas = np.zeros((height, width, *colours), np.uint8)
    if colours == [4]:
        canvas[..., 3] = 255
    top, left = (height - has_height) // 2, (width - has_width) // 2
    canvas[top : top + has_height, left : left + has_width] = picture
    return canvas
