"""Uploads that were begun and are not finished, so that a later process goes on with them.

    unfinished = UnfinishedUploads(home / "uploads")
    with unfinished.take(repository_url, descriptor) as upload:
        upload.location  # where an earlier process stopped, or None
        upload.note("https://…")

How much of a blob has arrived is for the registry to say; kept is only where it can be asked. That address may be a key
to the upload: it is for the user's eyes alone, and goes into no message.
"""

import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from remotemedia.registry._descriptor import Descriptor
from remotemedia.trust import strict_json

_KEPT_SECONDS = 24 * 3600  # registries forget uploads sooner or later; who comes back comes back soon
_LEAST_BYTES = 256 << 10  # smaller blobs are sooner sent again
_MAX_BYTES = 128 << 10  # a header's line is shorter
_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class UnfinishedUploads:
    """A directory with one file for each upload; whoever is at an upload holds a lock on its file.

    It only saves work. Where a file cannot be written or is another process's, an upload goes without.

    Args:
        directory: made when it is needed; None keeps nothing.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    @contextmanager
    def take(self, repository: str, blob: Descriptor) -> Iterator["UnfinishedUpload"]:
        """Give what is known of an upload; what is noted of it until the end of the block is known next time.

        Args:
            repository: URL below which everything of it is.
            blob: what is uploaded.
        """
        digest = blob.digest
        if self._directory is None or blob.size < _LEAST_BYTES:
            yield UnfinishedUpload(repository, digest, None)
            return
        with suppress(OSError):  # the file will not be there either
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(self._directory)
        path = self._directory / _name(repository, digest)
        with _held(path, _FLAGS | os.O_CREAT) as file:
            upload = UnfinishedUpload(repository, digest, file)
            try:
                yield upload
            finally:
                if file is not None and upload.location is None:
                    with suppress(OSError):
                        path.unlink()

    def forget(self, repository: str, blob: Descriptor) -> None:
        """Say that the blob has arrived: a process may have ended between that and hearing of it."""
        if self._directory is not None and blob.size >= _LEAST_BYTES:
            with suppress(OSError):
                (self._directory / _name(repository, blob.digest)).unlink()


class UnfinishedUpload:
    """One upload.

    Attributes:
        location: where the registry can be asked for it; None if nothing was begun.
    """

    def __init__(self, repository: str, digest: str, file: int | None) -> None:
        self._fixed = {"repository": repository, "digest": digest}
        self._file = file
        self.location = None if file is None else self._read(file)

    def note(self, location: str | None) -> None:
        """Remember where it is now, also after a kill; None says that it is finished, or lost.

        One line, written in one go; behind it may stand the end of one that was longer.
        """
        if location == self.location or self._file is None:
            return
        self.location = location
        line = strict_json.dumps({**self._fixed, "location": location}) + b"\n"
        with suppress(OSError):  # a full disk costs the resumption
            os.pwrite(self._file, line, 0)

    def _read(self, file: int) -> str | None:
        try:
            line, end, _ = os.pread(file, _MAX_BYTES, 0).partition(b"\n")
            location = strict_json.loads_object(line if end else b"")["location"]
            known = strict_json.dumps({**self._fixed, "location": location}) == line
        except (OSError, ValueError, KeyError):
            return None
        return location if known and isinstance(location, str) else None


def _name(repository: str, digest: str) -> str:
    return f"{hashlib.sha256(f'{repository} {digest}'.encode()).hexdigest()}.json"


@contextmanager
def _held(path: Path, flags: int) -> Iterator[int | None]:
    """Open a file and lock it for as long as the block lasts; None if that cannot be, or another process has it."""
    try:
        file = os.open(path, flags, 0o600)
    except OSError:
        yield None
        return
    try:
        yield file if _is_ours(file, path) else None
    finally:
        os.close(file)


def _is_ours(file: int, path: Path) -> bool:
    """Lock an open file; False if another has it, or its name is gone, or another file's, by now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(file)
        return stat.S_ISREG(status.st_mode) and os.path.samestat(status, path.stat(follow_symlinks=False))
    except OSError:
        return False


def _sweep(directory: Path) -> None:
    """Remove what nobody went on with for a day."""
    with suppress(OSError):
        for path in directory.glob("*.json"):
            if time.time() - path.stat().st_mtime <= _KEPT_SECONDS:
                continue
            with _held(path, _FLAGS) as file:
                if file is not None:
                    path.unlink()
