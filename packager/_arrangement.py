"""Where each byte of a package's archive stands.

Each blob is a regular file `blobs/sha256/<hex>`, and each plain name (`manifest.json`, `models/…`) a hard link that
follows its blob at once: readers of streams cannot link to what has not come yet.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from remotemedia.packager import _tar
from remotemedia.packager._blob import Blob

# Every package unpacks to the same tree, also one that has no models.
_TREE: Final = ("modules", "models", "meta")


@dataclass(frozen=True)
class Member:
    """A blob of the archive and the plain names that are linked to it."""

    blob: Blob
    names: tuple[str, ...]


@dataclass(frozen=True)
class PlacedFile:
    """A file whose bytes become part of the archive.

    Attributes:
        offset: where they begin.
        path: the file.
        digest: what its bytes must have, `sha256:…`.
        size: in bytes.
    """

    offset: int
    path: Path
    digest: str
    size: int


@dataclass(frozen=True)
class Arrangement:
    """An archive before it is written.

    Attributes:
        pieces: offsets and bytes of all that is known already.
        files: what is copied between them.
        size: of the whole, in bytes.
    """

    pieces: tuple[tuple[int, bytes], ...]
    files: tuple[PlacedFile, ...]
    size: int

    @classmethod
    def of(cls, documents: Sequence[tuple[str, bytes]], members: Iterable[Member], mtime: int) -> Self:
        """An archive of documents (`oci-layout`, `index.json`), the tree's directories and the members, in order.

        Args:
            documents: names and contents of plain entries.
            members: blobs with their names.
            mtime: seconds since 1970, of every entry.
        """
        writer = _Writer()
        for name, content in documents:
            writer.add(_tar.file_header(name, len(content), mtime), content, _tar.padding(len(content)))
        for name in _TREE:
            writer.add(_tar.directory_header(name, mtime))
        for member in members:
            writer.add(_tar.file_header(member.blob.path, member.blob.size, mtime))
            writer.add_content(member.blob)
            for name in member.names:
                writer.add(_tar.link_header(name, member.blob.path, mtime))
        writer.add(_tar.end(writer.size))
        return cls(tuple(writer.pieces), tuple(writer.files), writer.size)

    def fingerprint(self) -> str:
        """SHA-256 in hexadecimal over all that the archive's bytes follow from."""
        found = hashlib.sha256()
        for offset, content in self.pieces:
            found.update(b"%d %d\n" % (offset, len(content)))
            found.update(content)
        for file in self.files:
            found.update(f"{file.offset} {file.size} {file.digest}\n".encode())
        return found.hexdigest()


class _Writer:
    """Puts one thing behind the other."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []
        self.files: list[PlacedFile] = []
        self.size = 0

    def add(self, *contents: bytes) -> None:
        content = b"".join(contents)
        if content:
            self.pieces.append((self.size, content))
            self.size += len(content)

    def add_content(self, blob: Blob) -> None:
        if isinstance(blob.content, bytes):
            self.add(blob.content)
        else:
            self.files.append(PlacedFile(self.size, blob.content, blob.digest, blob.size))
            self.size += blob.size
        self.add(_tar.padding(blob.size))
