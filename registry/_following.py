"""A hash that follows a file which is still being written, in a thread of its own.

Hashing and receiving take about the same time; side by side they take it once. What was written last is at hand in
memory and hashed from there; who writes waits for the hash rather than let it fall far behind. What was written before,
and while that is read back, is hashed from the file.
"""

import hashlib
import os
import threading
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple, Self

_BUFFER_BYTES = 256 << 10  # stays in the processor's cache
_STEP_BYTES = 1 << 20  # less than this is not worth waking a thread for
_KEPT_BYTES = 2 << 20  # of a file at most, for the hash to come: more would go through the memory, not the cache


class _Stretch(NamedTuple):
    """Bytes of the file that are in memory too."""

    begin: int
    size: int
    chunks: list[bytes]


class FollowingHash:
    """SHA-256 of an open file up to where it has been written. Use it as a context manager: its thread ends with it.

    Args:
        file: its descriptor.
        begun: how many bytes stand there already.
    """

    def __init__(self, file: int, begun: int = 0) -> None:
        self._file = file
        self._state = hashlib.sha256()
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._fresh: list[bytes] = []
        self._announced = begun
        self._written = begun  # of that, what the thread knows
        self._kept: deque[_Stretch] = deque()
        self._is_close = begun == 0  # the thread has come to what is kept
        self._complete = False
        self._failure: Exception | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._follow, name="hash", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell()
        with self._changed:
            if exc is not None:
                self._written = 0  # nobody will ask
            self._complete = True
            self._changed.notify()
        self._thread.join()

    def advance(self, chunk: bytes) -> None:
        """Tell that the file goes on with these bytes."""
        self._fresh.append(chunk)
        self._announced += len(chunk)
        if self._announced - self._written >= _STEP_BYTES:
            self._tell()

    def digest(self) -> str:
        """Give `sha256:…` of all that was written, once the context has been left; raises what reading it did."""
        if self._failure is not None:
            raise self._failure
        return f"sha256:{self._state.hexdigest()}"

    def _tell(self) -> None:
        with self._changed:
            size = self._announced - self._written
            while self._is_close and self._failure is None and not self._has_room(size):
                self._changed.wait()
            if self._has_room(size):
                self._kept.append(_Stretch(self._written, size, self._fresh))
            self._written = self._announced
            self._changed.notify()
        self._fresh = []

    def _has_room(self, size: int) -> bool:
        return not self._kept or size + sum(one.size for one in self._kept) <= _KEPT_BYTES

    def _follow(self) -> None:
        position = 0
        try:
            while (stretch := self._next(position)) is not None:
                for chunk in stretch.chunks or self._read(position, position + stretch.size):
                    self._state.update(chunk)
                position += stretch.size
        except Exception as exc:  # noqa: BLE001 - who waits for this thread raises it
            with self._changed:
                self._failure = exc
                self._changed.notify()

    def _next(self, position: int) -> _Stretch | None:
        """Wait until there is more than `position` bytes, and give what follows, in memory or not; None at the end."""
        with self._changed:
            while position >= self._written and not self._complete:
                self._changed.wait()
            if position >= self._written:
                return None
            if self._kept and self._kept[0].begin == position:
                self._is_close = True
                self._changed.notify()
                return self._kept.popleft()
            end = self._kept[0].begin if self._kept else self._written
            return _Stretch(position, end - position, [])

    def _read(self, position: int, end: int) -> Iterator[memoryview]:
        """Give bytes of the file, each time in the same buffer; fewer once nobody will ask for the digest."""
        while position < min(end, self._written):
            count = os.preadv(self._file, [self._buffer[: end - position]], position)
            if count == 0:
                raise OSError(None, "the file became shorter while it was written")
            yield self._buffer[:count]
            position += count
