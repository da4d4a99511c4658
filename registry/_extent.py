"""Part of an open file in the place of its bytes, which are sent without being copied here."""

from __future__ import annotations

import errno
import mmap
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import socket
    from pathlib import Path

# Read ahead in one go, where the system knows how.
_FLAGS = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
_LEAST_BYTES = 256 << 10  # stays in the processor's cache on its way elsewhere
_MOST_BYTES = 8 << 20  # each piece costs a mapping, and a wait for room in the socket
_SOON, _LATE = 0.02, 0.2  # seconds for a piece: no more than an eye would notice on a progress bar


def open_regular(path: Path) -> int:
    """Open a file for reading, and give its descriptor; a pipe in its place would keep whoever opens it waiting.

    Raises:
        OSError: there is none, or it is no regular file.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is not a file")
    return file


class ShortenedError(Exception):
    """The file became shorter while it was sent."""


@dataclass(frozen=True)
class Extent:
    """Bytes of an open file: `size` of them from `offset` on. Its slices are extents."""

    file: int
    offset: int
    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> Self:
        begin, end, _ = part.indices(self.size)
        return type(self)(self.file, self.offset + begin, max(0, end - begin))

    def read(self, position: int, count: int) -> bytes:
        """Give at most `count` bytes from `position` on; threads may do so at the same time."""
        return os.pread(self.file, max(0, min(count, self.size - position)), self.offset + position)

    def pieces(self, start: int) -> Iterator[Self]:
        """Give what follows `start` in pieces to be sent one by one, from 256 KiB to 8 MiB: as large as go quickly.

        Only so many as the file has, if it became shorter.
        """
        count = _LEAST_BYTES
        while start < self.size:
            piece = self[start : start + count]
            if os.fstat(self.file).st_size < piece.offset + piece.size:
                return
            began = time.monotonic()
            yield piece
            start += piece.size
            took = time.monotonic() - began
            if took < _SOON:
                count = min(2 * count, _MOST_BYTES)
            elif took > _LATE:
                count = max(count // 2, _LEAST_BYTES)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """Give the bytes from `start` on, 256 KiB at a time; raises `ShortenedError`."""
        for begin in range(start, self.size, _LEAST_BYTES):
            chunk = self.read(begin, _LEAST_BYTES)
            if len(chunk) < min(_LEAST_BYTES, self.size - begin):
                raise ShortenedError
            yield chunk

    def send(self, sock: socket.socket) -> None:
        """Send it all from a mapping, which saves a copy; raises `ShortenedError`.

        And `TimeoutError`, if within the socket's timeout no 256 KiB are taken.

        `sendfile` would save another copy, and leave the first look at every byte to the receiver: where that is the
        same machine, the whole takes longer.
        """
        before = self.offset % mmap.ALLOCATIONGRANULARITY
        try:
            mapped = mmap.mmap(self.file, before + self.size, _FLAGS, mmap.PROT_READ, offset=self.offset - before)
        except ValueError as exc:
            raise ShortenedError from exc
        with mapped, memoryview(mapped) as whole, whole[before:] as part:
            try:
                _send(part, sock)
            except OSError as exc:
                # The kernel reads the mapping: a file cut off now is an error, not a signal.
                if exc.errno == errno.EFAULT:
                    raise ShortenedError from exc
                raise


def _send(data: memoryview, sock: socket.socket) -> None:
    """What `sendall` does, but all of its time is not the timeout's: each 256 KiB have that."""
    sent = marked = 0
    began, patience = time.monotonic(), sock.gettimeout()
    while sent < len(data):
        sent += sock.send(data[sent:])
        if sent - marked >= _LEAST_BYTES:
            began, marked = time.monotonic(), sent
        elif patience is not None and time.monotonic() - began > patience:
            raise TimeoutError("what is sent is taken too slowly")
