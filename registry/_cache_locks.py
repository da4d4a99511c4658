"""Locks of the cache: advisory, of the kernel, and so gone with the process that held them, however it ended."""

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from remotemedia.registry._unwritable import cannot_write


@contextmanager
def locked(path: Path, how: int) -> Iterator[bool]:
    """Hold a lock file, made if it is not there; with `LOCK_NB` in `how`, False says that another has it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as exc:
        raise cannot_write(path, exc) from exc
    try:
        try:
            fcntl.flock(file, how)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(file)


class Lease:
    """That a directory is in use, and must stay; it ends with `release`, or with this object.

    The directory itself is what is locked: that needs no permission to write, and no file that somebody had to tidy up.
    """

    def __init__(self, file: int) -> None:
        self.release = weakref.finalize(self, os.close, file)

    @classmethod
    def take(cls, directory: Path) -> "Lease | None":
        """Use a directory together with others; None if it is not there, or somebody is removing it."""
        return cls._lock(directory, fcntl.LOCK_SH)

    @classmethod
    def alone(cls, directory: Path) -> "Lease | None":
        """Have a directory to oneself; None if it is in use."""
        return cls._lock(directory, fcntl.LOCK_EX)

    @classmethod
    def _lock(cls, directory: Path, how: int) -> "Lease | None":
        try:
            file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        lease = cls(file)
        with suppress(OSError):
            fcntl.flock(file, how | fcntl.LOCK_NB)
            # It may have been moved away between the two calls.
            if os.fstat(file).st_ino == directory.stat().st_ino:
                return lease
        lease.release()
        return None
