"""Media files that a pipeline writes.

    from remotemedia.nodes.sink import MediaWriterNode

    pipeline.add(MediaWriterNode("copy.mp4"))

Needs the extra `video`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.nodes._endpoint import Sink
from remotemedia.nodes._values import unusable
from remotemedia.nodes._writer import Writer

if TYPE_CHECKING:
    import os

__all__ = ["MediaWriterNode"]


class MediaWriterNode(Sink):
    """Writes the frames of a `MediaReaderNode`, sound and pictures to a file; gives nothing.

    Args:
        output_path: the file; its name says the format. It is replaced.
        kw: arguments of `Node`.
    """

    def __init__(self, output_path: str | os.PathLike[str], **kw: Any) -> None:
        super().__init__(**kw)
        self.output_path = output_path
        self._writer: Writer | None = None

    def process(self, value: Any) -> None:
        """Write `{"audio": …}` and `{"video": …}`: frames of PyAV, `(array, rate)`, or pictures of uint8 as RGB.

        Raises:
            NodeError: RM606, the value holds no frames; RM616, the file cannot be written; RM617, PyAV is not
                installed.
        """
        if not isinstance(value, dict) or not value.keys() & {"audio", "video"}:
            raise unusable(self, 'a dict with a frame under "audio" or "video"', value)
        if self._writer is None:
            self._writer = Writer(self, self.output_path)
        for track in value.keys() & {"audio", "video"}:
            getattr(self._writer, track)(value[track])

    def flush(self) -> None:
        """Write the end of the file."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
