"""A directory `blobs/sha256`: files named by the digest of what is in them, whole or not there."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from remotemedia.errors import RegistryError
from remotemedia.registry._descriptor import Descriptor
from remotemedia.registry._digest import hex_of

_MODE = 0o444


class BlobStore:
    """Blobs by digest. What is put in must have been checked: a `Source` does that while it is read."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, digest: str) -> Path:
        """Give the file of a digest, there or not."""
        return self.directory / hex_of(digest)

    def has(self, descriptor: Descriptor) -> bool:
        """Say whether the blob is there in its full size."""
        try:
            return self.path(descriptor.digest).stat().st_size == descriptor.size
        except FileNotFoundError:
            return False

    def put(self, digest: str, chunks: Iterable[bytes]) -> None:
        """Write a blob; nothing stays if the chunks end in an error."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".part-", dir=self.directory)
        except OSError as exc:
            raise cannot_write(self.directory, exc) from exc
        temporary = Path(name)
        try:
            with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - it is open already
                for chunk in chunks:
                    _write_all(file.fileno(), chunk, temporary)
                os.fchmod(file.fileno(), _MODE)
            temporary.replace(self.path(digest))
        finally:
            temporary.unlink(missing_ok=True)

    def link_from(self, other: "BlobStore", digest: str) -> None:
        """Take a blob over from another store: a hard link, or a copy where links are not possible."""
        self.directory.mkdir(parents=True, exist_ok=True)
        target = self.path(digest)
        target.unlink(missing_ok=True)
        try:
            target.hardlink_to(other.path(digest))
        except OSError:
            try:
                shutil.copyfile(other.path(digest), target)
                target.chmod(_MODE)
            except OSError as exc:
                raise cannot_write(target, exc) from exc

    def remove(self, digest: str) -> None:
        """Forget a blob, there or not."""
        self.path(digest).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[str]:
        """Give the digests of all blobs."""
        for path in sorted(self.directory.glob("[0-9a-f]*")):
            yield f"sha256:{path.name}"


def cannot_write(path: Path, exc: OSError) -> RegistryError:
    """Say that a file could not be written, in the terms of the cache and of layouts."""
    return RegistryError(
        f"`{path}` cannot be written: {exc.strerror}",
        code="RM408",
        hint="there must be room on the disk, and the directory must be writable",
        path=str(path),
    )


def _write_all(file: int, chunk: bytes, path: Path) -> None:
    view = memoryview(chunk)
    while view:
        try:
            view = view[os.write(file, view) :]
        except OSError as exc:
            raise cannot_write(path, exc) from exc
