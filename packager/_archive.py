"""Writes the tar of a package.

Each blob is a regular file `blobs/sha256/<hex>`, and each plain name (`manifest.json`, `models/…`) a hard link that
follows its blob at once: readers of streams cannot link to what has not come yet.
"""

import io
import secrets
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from remotemedia.errors import PackageError
from remotemedia.packager._blob import Blob
from remotemedia.packager._inputs import BUFFER_SIZE, open_input

# Every package unpacks to the same tree, also one that has no models.
_TREE = ("modules", "models", "meta")


@dataclass(frozen=True)
class Member:
    """A blob of the archive and the plain names that are linked to it."""

    blob: Blob
    names: tuple[str, ...]


def write_archive(path: Path, documents: Sequence[tuple[str, bytes]], members: Iterable[Member], mtime: int) -> None:
    """Writes an archive: the documents (`oci-layout`, `index.json`), the tree's directories, the members in order.

    Files are streamed and hashed on their way. The archive appears under its name only when it is complete.

    Args:
        path: where it goes; what is there is replaced.
        documents: names and contents of plain entries.
        members: blobs with their names.
        mtime: seconds since 1970, of every entry.

    Raises:
        PackageError: the archive cannot be written (RM307), or a file is not what it was (RM308).
    """
    with (
        _appearing(path) as stream,
        tarfile.TarFile(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT, copybufsize=BUFFER_SIZE) as archive,
    ):
        for name, content in documents:
            archive.addfile(_entry(name, mtime, size=len(content)), io.BytesIO(content))
        for name in _TREE:
            archive.addfile(_directory(name, mtime))
        for member in members:
            _add_blob(archive, member.blob, mtime)
            for name in member.names:
                archive.addfile(_entry(name, mtime, link=member.blob.path))


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when the block is left without an error, and is gone otherwise."""
    scratch = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with scratch.open("xb") as stream:
            yield stream
        scratch.replace(path)
    except OSError as error:
        raise PackageError(
            f"cannot write `{path}`: {error.strerror or error}",
            code="RM307",
            hint="name a directory that exists, is writable and has room",
            path=str(path),
        ) from error
    finally:
        scratch.unlink(missing_ok=True)


def _entry(name: str, mtime: int, *, size: int = 0, link: str = "") -> tarfile.TarInfo:
    """A header that says nothing of the machine: owner 0, mode 0644."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mtime = mtime
    entry.mode = 0o644
    if link:
        entry.type = tarfile.LNKTYPE
        entry.linkname = link
    return entry


def _directory(name: str, mtime: int) -> tarfile.TarInfo:
    entry = _entry(name, mtime)
    entry.type = tarfile.DIRTYPE
    entry.mode = 0o755
    return entry


def _add_blob(archive: tarfile.TarFile, blob: Blob, mtime: int) -> None:
    entry = _entry(blob.path, mtime, size=blob.size)
    if isinstance(blob.content, bytes):
        archive.addfile(entry, io.BytesIO(blob.content))
        return
    with open_input(blob.content) as stream:
        archive.addfile(entry, stream)
        stream.finish(blob.digest)
