"""Blobs on their way from a source to a target."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from remotemedia.errors import PackageError, RemoteMediaError
from remotemedia.registry._descriptor import Descriptor
from remotemedia.registry._extent import Extent
from remotemedia.registry._ports import InFiles, Progress, ProgressEvent, Source

_Piece = TypeVar("_Piece", bytes, bytes | Extent)


@dataclass(frozen=True)
class BytesContent:
    """A blob in memory."""

    data: bytes

    def read(self, start: int = 0) -> Iterator[bytes]:
        """Give the bytes from `start` on."""
        if start < len(self.data):
            yield self.data[start:]

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        """Give the bytes from `start` on."""
        return self.read(start)

    def refusal(self, why: str) -> RemoteMediaError:
        """Make the error that says that the bytes are not those of the digest: RM302."""
        return PackageError(f"a blob does not match its digest: {why}", code="RM302")


@dataclass(frozen=True)
class SourceContent:
    """A blob of a source, its bytes counted as they go.

    Attributes:
        source: where it is.
        descriptor: what it is.
        progress: told of the bytes that went.
        check: called before each chunk goes; raises if the copy has been given up.
    """

    source: Source
    descriptor: Descriptor
    progress: Progress
    check: Callable[[], None]

    def read(self, start: int = 0) -> Iterator[bytes]:
        """Give the bytes from `start` on."""
        return self._counted(self.source.read_blob(self.descriptor, start), start)

    def pieces(self, start: int = 0) -> Iterator[bytes | Extent]:
        """Give the same, from files as parts of them."""
        if isinstance(self.source, InFiles):
            return self._counted(self.source.blob_extents(self.descriptor, start), start)
        return self.read(start)

    def _counted(self, pieces: Iterator[_Piece], done: int) -> Iterator[_Piece]:
        self._tell("start", done)
        for chunk in pieces:
            self.check()
            yield chunk
            # Whoever asks for the next chunk has sent or written this one.
            done += len(chunk)
            self._tell("advance", done)

    def refusal(self, why: str) -> RemoteMediaError:
        """Make the error that says that the bytes are not those of the digest, in the source's name."""
        return self.source.refusal(self.descriptor.digest, why)

    def _tell(self, kind: Literal["start", "advance"], done: int) -> None:
        descriptor = self.descriptor
        self.progress(ProgressEvent(kind, descriptor.digest, descriptor.title, done, descriptor.size))
