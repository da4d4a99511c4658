"""A directory `blobs/sha256`: files named by the digest of what is in them, whole or not there.

A blob that is on its way is `.part-<hex>`. It stays there after every error, and also after a crash, and whoever wants
the same blob next goes on with it; a lock on it lets one at a time do so.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from remotemedia.errors import RemoteMediaError
from remotemedia.registry._descriptor import Descriptor
from remotemedia.registry._digest import CHUNK_BYTES, hex_of, is_digest
from remotemedia.registry._extent import Extent, ShortenedError
from remotemedia.registry._ports import Content
from remotemedia.registry._reading_ahead import reading_ahead
from remotemedia.registry._unwritable import cannot_write

PARTIAL = ".part-"

_MODE = 0o444
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class BlobStore:
    """Blobs by digest; what is put in is hashed on its way."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, digest: str) -> Path:
        """Give the file of a digest, there or not."""
        return self.directory / hex_of(digest)

    def has(self, descriptor: Descriptor) -> bool:
        """Say whether the blob is there in its full size."""
        try:
            return self.path(descriptor.digest).stat().st_size == descriptor.size
        except (FileNotFoundError, NotADirectoryError):  # of the latter, writing says what is wrong
            return False

    def put(self, descriptor: Descriptor, content: Content) -> None:
        """Write a blob, going on with what an earlier attempt left, after hashing that again.

        Of an attempt that fails everything is kept, unless the bytes are not those of the digest: then nothing is.
        Raises `content.refusal` for such bytes, and `RegistryError` RM408 if they cannot be written.
        """
        path = self.directory / f"{PARTIAL}{hex_of(descriptor.digest)}"
        with self._locked(path) as file:
            if self.has(descriptor):  # another process was faster
                _unlink(path)
                return
            try:
                self._fill(file, path, descriptor, content)
                self._take(file, path, descriptor)
            finally:
                if os.fstat(file).st_size == 0:
                    _unlink(path)

    def link_from(self, other: "BlobStore", digest: str) -> None:
        """Take a blob over from another store: a hard link, or a copy where links are not possible."""
        target = self.path(digest)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            try:
                target.hardlink_to(other.path(digest))
            except OSError:
                import shutil  # noqa: PLC0415 - few file systems need it

                shutil.copyfile(other.path(digest), target)
                target.chmod(_MODE)
        except OSError as exc:
            _unlink(target)  # half a copy
            raise cannot_write(target, exc) from exc

    def remove(self, digest: str) -> None:
        """Forget a blob, there or not."""
        self.path(digest).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[str]:
        """Give the digests of all blobs."""
        for path in sorted(self.directory.glob("[0-9a-f]*")):
            if is_digest(digest := f"sha256:{path.name}"):
                yield digest

    def size(self) -> int:
        """Give the bytes of all blobs; those that go meanwhile do not count."""
        total = 0
        for digest in self:
            with suppress(FileNotFoundError):
                total += self.path(digest).stat().st_size
        return total

    @contextmanager
    def _locked(self, path: Path) -> Iterator[int]:
        """Open a partial blob, alone; waits for another process that is at it."""
        file = -1
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            while file < 0:
                file = os.open(path, _FLAGS, 0o644)
                fcntl.flock(file, fcntl.LOCK_EX)
                if not _is_at(path, file):  # it became a blob, or was removed, while we waited
                    os.close(file)
                    file = -1
        except OSError as exc:
            raise cannot_write(path, exc) from exc
        try:
            yield file
        finally:
            os.close(file)

    def _take(self, file: int, path: Path, descriptor: Descriptor) -> None:
        try:
            path.replace(self.path(descriptor.digest))
            os.fchmod(file, _MODE)  # not before: what a crash leaves must be writable
        except OSError as exc:
            raise cannot_write(path, exc) from exc

    def _fill(self, file: int, path: Path, descriptor: Descriptor, content: Content) -> None:
        begun = os.fstat(file).st_size
        if begun > descriptor.size:
            begun = 0
        partial = _Partial(file, path, descriptor, content)
        got = partial.receive(begun)
        if got != descriptor.digest and begun:  # what was there may have been at fault
            got = partial.receive(0)
        if got != descriptor.digest:
            os.ftruncate(file, 0)
            raise content.refusal(f"expected `{descriptor.digest}`, got `{got}`")


@dataclass(frozen=True)
class _Partial:
    """An open file that becomes a blob.

    Attributes:
        file: its descriptor.
        path: its name.
        descriptor: what it is to become.
        content: where the bytes come from.
    """

    file: int
    path: Path
    descriptor: Descriptor
    content: Content

    def receive(self, begun: int) -> str:
        """Keep so many bytes, write all that follow, and give the digest of the whole file."""
        os.ftruncate(self.file, begun)
        os.lseek(self.file, begun, os.SEEK_SET)
        chunks = self.content.read(begun) if begun < self.descriptor.size else iter(())
        if self.descriptor.size <= CHUNK_BYTES:  # not worth a thread
            return self._fill(begun, chunks)
        with reading_ahead(chunks) as ahead:
            return self._fill(begun, ahead)

    def _fill(self, begun: int, chunks: Iterator[bytes]) -> str:
        """Write and hash what comes, each chunk while it is in the processor's cache."""
        state = self._hashed(begun)
        written, size = begun, self.descriptor.size
        for chunk in chunks:
            if written + len(chunk) > size:
                raise self._refused(f"expected {size} bytes, got more")
            self._write(chunk)
            state.update(chunk)
            written += len(chunk)
        if written != size:
            raise self._refused(f"expected {size} bytes, got {written}")
        return f"sha256:{state.hexdigest()}"

    def _hashed(self, begun: int) -> "hashlib._Hash":
        """Hash what an earlier attempt left; if that is less by now, the digest will be another one."""
        state = hashlib.sha256()
        try:
            with suppress(ShortenedError):
                for chunk in Extent(self.file, 0, begun).chunks():
                    state.update(chunk)
        except OSError as exc:
            raise cannot_write(self.path, exc) from exc
        return state

    def _write(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            try:
                view = view[os.write(self.file, view) :]
            except OSError as exc:
                raise cannot_write(self.path, exc) from exc

    def _refused(self, why: str) -> RemoteMediaError:
        os.ftruncate(self.file, 0)
        return self.content.refusal(why)


def _unlink(path: Path) -> None:
    with suppress(OSError):  # what stays is taken up, or swept away, by others
        path.unlink()


def _is_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(file))
    except FileNotFoundError:
        return False
