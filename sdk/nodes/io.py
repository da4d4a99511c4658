"""Where sound, pictures and data enter a pipeline, and where they leave it.

    from remotemedia.nodes.io import AudioSink, AudioSource

    pipeline.add(AudioSource("interview.flac")).add(AudioSink("copy.wav"))

Without arguments a source passes the run's input on, and a sink what comes to it; a sink always passes it on.
This module is also part of the sandboxed Python, where there are no files and no devices.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from remotemedia.errors import NodeError
from remotemedia.node import Node
from remotemedia.nodes._devices import Loudspeaker, recorded
from remotemedia.nodes._endpoint import Sink, Source
from remotemedia.nodes._engine_only import engine_only
from remotemedia.nodes._extras import pyav
from remotemedia.nodes._plain import plain
from remotemedia.nodes._sound import planes
from remotemedia.nodes._sound_file import SoundFile
from remotemedia.nodes._values import unusable
from remotemedia.nodes._writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.nodes._sound import Sound

__all__ = ["AudioSink", "AudioSource", "DataSink", "DataSource", "VideoSink", "VideoSource"]


class AudioSource(Node):
    """Sound from the run's input, from a file of the project, or from a microphone.

    Args:
        path: a wav, flac, mp3 or ogg file.
        device: a microphone, by its name or number; `default` or `microphone` for the system's choice. Heard where a
            run is given no input; needs the extra `devices`.
        kw: arguments of `Node`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, device: str | None = None, **kw: Any) -> None:
        super().__init__(**kw)
        self.path = path
        self.device = device

    def process(self) -> Iterator[Sound]:
        """Give what the microphone hears, without end, as mono `(array, rate)`.

        Raises:
            NodeError: RM612, there is no such device; RM617, the extra is not installed.
            PipelineError: RM703, there is no device: only the engine decodes sound.
        """
        if self.device is None:
            engine_only(self)
        return recorded(self, self.device)


class AudioSink(Sink):
    """Writes sound to a file or plays it, and passes it on.

    Args:
        path: the file, which is replaced: `.wav` as 32-bit floats; `-` is the standard output; other formats by the
            extra `video`.
        device: a loudspeaker, by its name or number; `default` or `speakers` for the system's choice; needs the extra
            `devices`.
        kw: arguments of `Node`.
    """

    def __init__(self, path: str | None = None, device: str | None = None, **kw: Any) -> None:
        super().__init__(**kw)
        self.path = path
        self.device = device
        self._opened: list[SoundFile | Loudspeaker] = []
        self._of: tuple[int, int] | None = None

    def process(self, value: Any) -> Any:
        """Return the sound, once it is written and played.

        Raises:
            NodeError: RM606, the value is no sound, or its rate or channels change within a file; RM616, the file or
                device cannot be used; RM617, an extra is not installed.
        """
        if self.path is not None or self.device is not None:
            samples, rate = planes(self, value)
            kind = rate, len(samples)
            if kind != self._of:
                self._begin(kind, value)
            for opened in self._opened:
                opened.write(samples)
        return value

    def flush(self) -> None:
        """Write the end of the file, and play what is left."""
        opened, self._opened, self._of = self._opened, [], None
        for one in opened:
            one.close()

    def _begin(self, kind: tuple[int, int], value: Any) -> None:
        """Open the file and the device for sound of a rate and a number of channels."""
        if self._of is not None and self.path is not None:
            raise unusable(self, f"sound of {self._of[0]} Hz and {self._of[1]} channels, as before", value)
        self.flush()
        if self.path is not None:
            self._opened.append(SoundFile(self, self.path, *kind))
        if self.device is not None:
            self._opened.append(Loudspeaker(self, self.device, *kind))
        self._of = kind


class VideoSource(Source):
    """Pictures from the run's input, from a file, or from a camera, as arrays of uint8.

    Args:
        path: a video of any format that FFmpeg reads; needs the extra `video`.
        device: a camera of Video4Linux, such as `/dev/video0`, which is the `default`.
        output_format: the order of the colours, `rgb24`, `bgr24`, `gray` or another format of PyAV.
        kw: arguments of `Node`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        device: str | None = None,
        output_format: str = "rgb24",
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.path = path
        self.device = device
        self.output_format = output_format

    def _reads(self) -> bool:
        return self.path is not None or self.device is not None

    def _read(self) -> Iterator[Any]:
        av = pyav(self)
        if self.path is not None:
            name, kind = os.fspath(self.path), None
        else:
            name, kind = "/dev/video0" if self.device == "default" else str(self.device), "v4l2"
        try:
            with av.open(name, format=kind) as container:
                for frame in container.decode(container.streams.video[:1]) if container.streams.video else ():
                    yield frame.to_ndarray(format=self.output_format)
        except (av.error.FFmpegError, OSError) as error:
            raise NodeError(f"expected pictures in `{name}`, got: {error}", code="RM612", node=self.name) from error


class VideoSink(Sink):
    """Writes pictures to a file, and passes them on: arrays of uint8, alone or first in a tuple, and frames of PyAV.

    Args:
        path: the file, which is replaced; its name says the format. Needs the extra `video`.
        fps: pictures a second, where they are arrays.
        input_format: the order of the colours of arrays.
        kw: arguments of `Node`.
    """

    def __init__(self, path: str | None = None, fps: float = 30.0, input_format: str = "rgb24", **kw: Any) -> None:
        super().__init__(**kw)
        self.path = path
        self.fps = fps
        self.input_format = input_format
        self._writer: Writer | None = None

    def process(self, value: Any) -> Any:
        """Return the picture, once it is written.

        Raises:
            NodeError: RM606, the value is no picture; RM616, the file cannot be written; RM617, PyAV is not installed.
        """
        if self.path is not None:
            if self._writer is None:
                self._writer = Writer(self, self.path, self.fps, self.input_format)
            self._writer.video(value[0] if isinstance(value, tuple) and value else value)
        return value

    def flush(self) -> None:
        """Write the end of the file."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


class DataSource(Source):
    """Values from the run's input, or from a file of JSON lines.

    Args:
        path: the file, one value a line.
        kw: arguments of `Node`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, **kw: Any) -> None:
        super().__init__(**kw)
        self.path = path

    def _reads(self) -> bool:
        return self.path is not None

    def _read(self) -> Iterator[Any]:
        name = os.fspath(self.path or "")
        try:
            with Path(name).open(encoding="utf-8") as lines:
                for line in lines:
                    if line.strip():
                        yield json.loads(line)
        except (OSError, ValueError, RecursionError) as error:
            raise NodeError(f"expected JSON lines in `{name}`, got: {error}", code="RM612", node=self.name) from error


class DataSink(Sink):
    """Writes values to a file of JSON lines, and passes them on.

    Args:
        path: the file, which is replaced; arrays become nested lists.
        kw: arguments of `Node`.
    """

    def __init__(self, path: str | None = None, **kw: Any) -> None:
        super().__init__(**kw)
        self.path = path
        self._lines: IO[str] | None = None

    def process(self, value: Any) -> Any:
        """Return the value, once it is written.

        Raises:
            NodeError: RM606, the value has no form in JSON; RM616, the file cannot be written.
        """
        if self.path is not None:
            try:
                line = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
            except (TypeError, ValueError, RecursionError) as error:
                raise unusable(self, "a value that has a form in JSON", value) from error
            try:
                if self._lines is None:
                    self._lines = Path(self.path).open("w", encoding="utf-8")  # noqa: SIM115 - it is open from call to call
                self._lines.write(line + "\n")
            except OSError as error:
                raise NodeError(
                    f"expected to write `{self.path}`, got: {error}", code="RM616", node=self.name
                ) from error
        return value

    def flush(self) -> None:
        """Close the file."""
        lines, self._lines = self._lines, None
        if lines is not None:
            lines.close()
