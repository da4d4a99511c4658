"""A file of sound that is being written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from remotemedia.errors import NodeError
from remotemedia.nodes._wav import WavFile
from remotemedia.nodes._writer import Writer

if TYPE_CHECKING:
    from remotemedia.node import Node
    from remotemedia.nodes._sound import Samples

__all__ = ["SoundFile"]


class SoundFile:
    """Writes sound of one rate and number of channels: `.wav` as 32-bit floats, other formats by PyAV.

    Args:
        node: for which it is.
        path: the file; `-` is the standard output, as WAV.
        rate: samples per second.
        channels: channels.

    Raises:
        NodeError: RM616, it cannot be written; RM617, the format needs PyAV, which is not installed.
    """

    def __init__(self, node: Node, path: str | os.PathLike[str], rate: int, channels: int) -> None:
        self._rate = rate
        self._open: BinaryIO | None = None
        name = os.fspath(path)
        if name != "-" and Path(name).suffix.lower() != ".wav":
            self._target: WavFile | Writer = Writer(node, name)
            return
        try:
            if name != "-":
                self._open = Path(name).open("wb")  # noqa: SIM115 - it is open from call to call
            self._target = WavFile(self._open or sys.stdout.buffer, rate, channels)
        except OSError as error:
            raise NodeError(f"expected to write `{name}`, got: {error}", code="RM616", node=node.name) from error

    def write(self, samples: Samples) -> None:
        """Append samples `(C, N)` of float32."""
        if isinstance(self._target, WavFile):
            self._target.write(samples)
        else:
            self._target.audio((samples, self._rate))

    def close(self) -> None:
        """Write the end of the file."""
        self._target.close()
        if self._open is not None:
            self._open.close()
