"""Digests of files; a large one is read once for as long as it stays what it is."""

from __future__ import annotations

import hashlib
import os
import secrets
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._notes import Notes, is_at_rest, stamp_of

if TYPE_CHECKING:
    from concurrent.futures import Future

    from remotemedia.compiler._notes import Stamp

__all__ = ["LARGE", "Digests"]

LARGE: Final = 8 << 20
"""Bytes from which a file is large: what is smaller is read again in less time than it takes to look it up."""

_KIND: Final = "digest"


class Digests:
    """SHA-256 of files, in hexadecimal.

    Args:
        directory: keeps those of large files for later processes; None keeps them in this object alone.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.notes = Notes(directory)
        self._awaited: dict[str, Future[str]] = {}
        self._threads, self._abandoned = ThreadPoolExecutor(1), Event()

    def of(self, path: str | os.PathLike[str]) -> str:
        """Return the digest of a file; it is read unless it is large and known.

        Raises:
            OSError: it cannot be read.
        """
        return self.known(path) or self._read(path)

    def known(self, path: str | os.PathLike[str]) -> str | None:
        """Return the digest of a large file, if that is known without reading it."""
        return self.notes.find(path, _KIND) if _is_large(path) else None

    def keep(self, path: str | os.PathLike[str], stamp: Stamp, digest: str) -> None:
        """Note the digest of a file that had a stamp, which was at rest when it was taken, if the file is large."""
        if stamp[:1] >= (LARGE,):
            self.notes.keep(path, _KIND, stamp, digest)

    def soon(self, path: str | os.PathLike[str]) -> str:
        """Return the digest of a file, or where that takes long a stand-in: it is found out on a thread meanwhile.

        Raises:
            OSError: it cannot be read.
        """
        if not _is_large(path) or self.known(path) is not None:
            return self.of(path)
        stand_in = secrets.token_hex(32)
        self._awaited[stand_in] = self._threads.submit(self._read, path)
        return stand_in

    @property
    def are_awaited(self) -> bool:
        """Whether some have stand-ins."""
        return bool(self._awaited)

    def found(self) -> dict[str, str]:
        """Return the digests by their stand-ins, once all are found out.

        Raises:
            OSError: a file cannot be read.
        """
        try:
            return {stand_in: awaited.result() for stand_in, awaited in self._awaited.items()}
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of what is being found out; without it a process would not end before that is done."""
        self._abandoned.set()
        self._threads.shutdown(cancel_futures=True)
        self._awaited.clear()
        self._threads, self._abandoned = ThreadPoolExecutor(1), Event()

    def _read(self, path: str | os.PathLike[str]) -> str:
        before = stamp_of(path)
        can_be_kept = is_at_rest(before) and _is_large(path)
        digest = _sha256(path, self._abandoned)
        if can_be_kept and stamp_of(path) == before:
            self.notes.keep(path, _KIND, before, digest)
        return digest


def _sha256(path: str | os.PathLike[str], abandoned: Event) -> str:
    found, buffer = hashlib.sha256(), memoryview(bytearray(1 << 20))
    with Path(path).open("rb", buffering=0) as file:
        while (count := file.readinto(buffer)) and not abandoned.is_set():
            found.update(buffer[:count])
    if count:
        raise CancelledError
    return found.hexdigest()


def _is_large(path: str | os.PathLike[str]) -> bool:
    return stamp_of(path)[:1] >= (LARGE,)
