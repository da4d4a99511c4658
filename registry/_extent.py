"""Part of an open file in the place of its bytes, which are sent without being copied here."""

import mmap
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

# Read ahead in one go, where the system knows how.
_FLAGS = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)


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
        """Send it all from a mapping, which saves a copy; raises `TimeoutError` after the socket's timeout.

        `sendfile` would save another, and leave the first look at every byte to the receiver: where that is the same
        machine, the whole takes longer.
        """
        before = self.offset % mmap.ALLOCATIONGRANULARITY
        try:
            mapped = mmap.mmap(self.file, before + self.size, _FLAGS, mmap.PROT_READ, offset=self.offset - before)
        except ValueError as exc:
            raise OSError(None, "the file became shorter while it was sent") from exc
        with mapped, memoryview(mapped) as whole, whole[before:] as part:
            sock.sendall(part)  # the kernel reads the mapping: a file cut off now is an error, not a signal
