"""A hash that follows a file which is still being written, in a thread of its own.

Hashing and receiving take about the same time; side by side they take it once. The hash reads what stands in the file
rather than what was meant to be written there, and a file that was begun earlier needs no other treatment.
"""

import hashlib
import os
import threading
from types import TracebackType
from typing import Self

_BUFFER_BYTES = 256 << 10  # stays in the processor's cache
_STEP_BYTES = 1 << 20  # less than this is not worth waking a thread for


class FollowingHash:
    """SHA-256 of an open file up to where it has been written. Use it as a context manager: its thread ends with it."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._state = hashlib.sha256()
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._announced = 0
        self._written = 0  # of that, what the thread knows
        self._complete = False
        self._failure: OSError | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._follow, name="hash", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._written = self._announced if exc is None else 0  # after an error nobody will ask
            self._complete = True
            self._changed.notify()
        self._thread.join()

    def advance(self, written: int) -> None:
        """Tell that the file stands up to this byte."""
        if written - self._written >= _STEP_BYTES:
            with self._changed:
                self._written = written
                self._changed.notify()
        self._announced = written

    def digest(self) -> str:
        """Give `sha256:…` of all that was written, once the context has been left; raises `OSError` of reading."""
        if self._failure is not None:
            raise self._failure
        return f"sha256:{self._state.hexdigest()}"

    def _follow(self) -> None:
        position = 0
        try:
            while (end := self._next(position)) is not None:
                while position < min(end, self._written):
                    position += self._hash(position, end)
        except OSError as exc:
            self._failure = exc

    def _next(self, position: int) -> int | None:
        """Wait until there is more than `position` bytes, and give how many; None after the end."""
        with self._changed:
            while position >= self._written and not self._complete:
                self._changed.wait()
            return self._written if position < self._written else None

    def _hash(self, position: int, end: int) -> int:
        count = os.preadv(self._file, [self._buffer[: end - position]], position)
        if count == 0:
            raise OSError(None, "the file became shorter while it was written")
        self._state.update(self._buffer[:count])
        return count
