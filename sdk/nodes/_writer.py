"""A media file that is being written."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import NodeError
from remotemedia.nodes._extras import pyav
from remotemedia.nodes._frames import audio_frame, is_picture
from remotemedia.nodes._sound import planes
from remotemedia.nodes._values import unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.node import Node

__all__ = ["Writer"]

_FINEST: Final = 65_535  # units of time that a second may have at most in MPEG-4 and its like
_HELD: Final = 256  # frames of one track before it is taken to be the only one


class Writer:
    """Writes frames and arrays to a file, whose name says its format; each track is made for its first frame.

    A file begins with what all its tracks are, so the first packets are held back until there are two.

    Args:
        node: for which it is.
        path: the file; it is replaced.
        fps: pictures a second, where they have no times of their own.
        pixels: PyAV's name for the colours of arrays.

    Raises:
        NodeError: RM616, the file cannot be written; RM617, PyAV is not installed.
    """

    def __init__(self, node: Node, path: str | os.PathLike[str], fps: float = 30.0, pixels: str = "rgb24") -> None:
        self._node = node
        self._path = os.fspath(path)
        self._rate = Fraction(fps).limit_denominator(1001)
        self._pixels = pixels
        self._av = pyav(node)
        self._tracks: dict[str, Any] = {}
        self._held: list[Any] | None = []
        self._broken = False
        self._samples = 0
        self._pictures = 0
        with self._failing():
            self._container = self._av.open(self._path, "w")

    def audio(self, value: Any) -> None:
        """Write an `av.AudioFrame` or `(array, rate)`."""
        if not isinstance(value, self._av.AudioFrame):
            samples, rate = planes(self._node, value)
            value = audio_frame(self._av, samples, rate, self._samples)
            self._samples += samples.shape[1]
        with self._failing():
            if "audio" not in self._tracks:
                self._tracks["audio"] = self._audio_track(value)
            self._mux(self._tracks["audio"].encode(value))

    def video(self, value: Any) -> None:
        """Write an `av.VideoFrame` or an array of uint8."""
        if is_picture(value):
            pixels = "gray" if value.ndim == 2 else self._pixels  # noqa: PLR2004 - height and width
            value = self._av.VideoFrame.from_ndarray(value, format=pixels)
            value.pts, value.time_base = self._pictures, 1 / self._rate
            self._pictures += 1
        if not isinstance(value, self._av.VideoFrame):
            raise unusable(self._node, "a video frame or an array of uint8", value)
        with self._failing():
            if "video" not in self._tracks:
                self._tracks["video"] = self._video_track(value)
            self._mux(self._tracks["video"].encode(value))

    def close(self) -> None:
        """Write what the encoders have kept back, and the file's end; of a file that could not be written, nothing."""
        if self._broken:
            with suppress(self._av.error.FFmpegError, OSError):
                self._container.close()
            return
        with self._failing():
            try:
                self._release()
                for track in self._tracks.values():
                    self._container.mux(track.encode(None))
            finally:
                self._container.close()

    def _mux(self, packets: list[Any]) -> None:
        if self._held is None:
            self._container.mux(packets)
            return
        self._held += packets
        if len(self._tracks) > 1 or len(self._held) > _HELD:
            self._release()

    def _release(self) -> None:
        held, self._held = self._held or [], None
        self._container.mux(held)

    def _audio_track(self, first: Any) -> Any:
        codec = self._container.default_audio_codec
        # AC-3, which Matroska has by default, knows three rates only.
        track = self._container.add_stream("aac" if codec == "ac3" else codec, rate=first.sample_rate)
        track.layout = first.layout.name
        return track

    def _video_track(self, first: Any) -> Any:
        track = self._container.add_stream(self._container.default_video_codec, rate=self._rate)
        track.width, track.height = first.width, first.height
        # Colours at half the resolution, which every player takes, need even sides.
        track.pix_fmt = "yuv444p" if first.width % 2 or first.height % 2 else "yuv420p"
        if first.time_base and first.time_base.denominator <= _FINEST:
            track.codec_context.time_base = first.time_base
        return track

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (self._av.error.FFmpegError, OSError, ValueError) as error:
            self._broken = True
            raise NodeError(
                f"expected to write `{self._path}`, got: {error}", code="RM616", node=self._node.name
            ) from error
