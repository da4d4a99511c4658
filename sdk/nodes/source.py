"""Media files, frame by frame.

    from remotemedia.nodes.source import AudioTrackSource, MediaReaderNode

    pipeline.add(MediaReaderNode("interview.mp4")).add(AudioTrackSource())

Frames are those of PyAV; a track source makes arrays of them. Needs the extra `video`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from remotemedia.errors import NodeError
from remotemedia.node import Node
from remotemedia.nodes._extras import pyav
from remotemedia.nodes._frames import samples_of
from remotemedia.nodes._values import unusable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from remotemedia.nodes._frames import Samples

__all__ = ["AudioTrackSource", "LocalMediaReaderNode", "MediaReaderNode", "VideoTrackSource"]


class MediaReaderNode(Node):
    """Gives the frames of the first audio and the first video track of a file, in the file's order.

    Args:
        path: a file of any format that FFmpeg reads, or a URL.
        kw: arguments of `Node`.
    """

    is_source = True

    def __init__(self, path: str | os.PathLike[str], **kw: Any) -> None:
        super().__init__(**kw)
        self.path = path

    async def process(self) -> AsyncIterator[dict[str, Any]]:
        """Give `{"audio": av.AudioFrame}` and `{"video": av.VideoFrame}`.

        Raises:
            NodeError: RM612, the file cannot be read; RM617, PyAV is not installed.
        """
        import asyncio  # noqa: PLC0415 - constructing a node must not load it

        av = pyav(self)
        try:
            with av.open(os.fspath(self.path)) as container:
                streams = [*container.streams.audio[:1], *container.streams.video[:1]]
                for packet in container.demux(streams) if streams else ():
                    for frame in packet.decode():
                        yield {packet.stream.type: frame}
                    # Decoding does not wait for anything: others of the loop are let in here.
                    await asyncio.sleep(0)
        except (av.error.FFmpegError, OSError) as error:
            raise NodeError(
                f"expected media in `{os.fspath(self.path)}`, got: {error}", code="RM612", node=self.name
            ) from error

    def stream(self) -> AsyncIterator[dict[str, Any]]:
        """Give the same as `process`, under the name that older programs call."""
        return self.process()


class LocalMediaReaderNode(MediaReaderNode):
    """Gives the frames of a local file, as `MediaReaderNode` does; never opens a connection.

    Args:
        path: a file of any format that FFmpeg reads.
        kw: arguments of `Node`.
    """

    async def process(self) -> AsyncIterator[dict[str, Any]]:
        """Give `{"audio": av.AudioFrame}` and `{"video": av.VideoFrame}`.

        Raises:
            NodeError: RM612, there is no such file, or it cannot be read; RM617, PyAV is not installed.
        """
        if not os.path.isfile(self.path):  # noqa: ASYNC240, PTH113 - asked once, of a local file
            raise NodeError(f"expected a file at `{os.fspath(self.path)}`, found none", code="RM612", node=self.name)
        async for frame in super().process():
            yield frame


class AudioTrackSource(Node):
    """Makes arrays of the audio frames; drops the others."""

    def process(self, value: Any) -> tuple[Samples, int] | None:
        """Return float32 samples `(C, N)`, full scale ±1, and their rate in Hz; None for a frame of another track.

        Raises:
            NodeError: RM606, what is under `audio` is no audio frame.
        """
        frame = _frame_of(self, value, "audio", "AudioFrame")
        return None if frame is None else (samples_of(frame), frame.sample_rate)


class VideoTrackSource(Node):
    """Makes arrays of the video frames; drops the others.

    Args:
        output_format: the order of the colours, `bgr24`, `rgb24`, `gray` or another format of PyAV.
        kw: arguments of `Node`.
    """

    def __init__(self, output_format: str = "bgr24", **kw: Any) -> None:
        super().__init__(**kw)
        self.output_format = output_format

    def process(self, value: Any) -> tuple[Any, int | None] | None:
        """Return an array `(H, W, C)` of uint8 and the time in the frame's own unit; None for a frame of another track.

        Raises:
            NodeError: RM606, what is under `video` is no video frame.
        """
        frame = _frame_of(self, value, "video", "VideoFrame")
        return None if frame is None else (frame.to_ndarray(format=self.output_format), frame.pts)


def _frame_of(node: Node, value: Any, track: str, kind: str) -> Any:
    """Return the frame that a dict has for a track; None where it has none."""
    if not isinstance(value, dict) or track not in value:
        return None
    frame = value[track]
    if not isinstance(frame, getattr(pyav(node), kind)):
        raise unusable(node, f"an `av.{kind}` under `{track}`", frame)
    return frame
