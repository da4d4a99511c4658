"""Part of an open file in the place of its bytes, which the kernel sends without them coming here."""

import os
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self


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

    def pieces(self, start: int, count: int) -> Iterator[Self]:
        """Give what follows `start` in slices of `count` bytes; only so many as the file has, if it became shorter."""
        for begin in range(start, self.size, count):
            piece = self[begin : begin + count]
            if os.fstat(self.file).st_size < piece.offset + piece.size:
                return
            yield piece

    def send(self, sock: socket.socket) -> None:
        """Send it all (sendfile(2)); raises `TimeoutError` if that takes longer than the socket's timeout."""
        patience = sock.gettimeout()
        deadline = None if patience is None else time.monotonic() + patience
        sent = 0
        while sent < self.size:
            try:
                count = os.sendfile(sock.fileno(), self.file, self.offset + sent, self.size - sent)
            except BlockingIOError:
                _wait_for(sock, deadline)
                continue
            if count == 0:
                raise OSError(None, "the file became shorter while it was sent")
            sent += count


def _wait_for(sock: socket.socket, deadline: float | None) -> None:
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    if not poll.poll(None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError("the file is not taken in time")
