"""Results of a run, from its thread to the caller's event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Any

__all__ = ["Channel"]

_ROOM = 64  # results that wait for the loop at most


class Channel:
    """A bounded queue from one thread to one task of a loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._values: deque[Any] = deque()
        self._asked: asyncio.Future[None] | None = None
        self._told = False  # whether the task will look
        self._free = threading.Event()
        self._closed = False
        self._ended = False

    def put(self, value: object) -> None:
        """Hand a value over; waits while many wait to be taken. From the thread."""
        while len(self._values) >= _ROOM and not self._closed:
            self._free.clear()
            if len(self._values) >= _ROOM and not self._closed:
                self._free.wait()
        self._values.append(value)
        self._tell()

    def end(self) -> None:
        """Say that there are no more values. From the thread."""
        self._ended = True
        self._tell()

    async def take(self) -> list[Any]:
        """Wait for values; none at the end."""
        while not self._values:
            if self._ended:
                return []
            self._asked = self._loop.create_future()
            if not self._values and not self._ended:
                await self._asked
        taken = []
        while self._values:
            taken.append(self._values.popleft())
        self._free.set()
        return taken

    def close(self) -> None:
        """Take no more: the thread does not wait any longer."""
        self._closed = True
        self._free.set()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._told = False
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(None)
