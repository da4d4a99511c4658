"""Nodes whose `process` takes the whole stream, though they are given one value at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from inspect import isasyncgenfunction
from typing import Any, Final

from remotemedia._sandbox.drive import settle

_END: Final = object()


def is_streaming(node: Any) -> bool:
    """Whether the node's `process` takes the stream rather than its values."""
    return bool(getattr(node, "is_streaming", False)) and isasyncgenfunction(node.process)


class Streaming:
    """Runs such a node until it wants a value that is not there.

    What it yields is asked for one by one, so that it never runs ahead of who takes it.
    """

    def __init__(self, node: Any) -> None:
        self._waiting: deque[object] = deque()
        self._ended = False
        self._values = node.process(self._stream())
        self._next: asyncio.Task[object] | None = None
        # Of the stream, which waits for a value, and of the caller, who waits for the node.
        self._asked: asyncio.Future[None] | None = None
        self._paused: asyncio.Future[None] | None = None

    def give(self, value: object) -> Iterator[object]:
        """Give a value to the stream, and what the node yields before it wants another."""
        self._waiting.append(value)
        return self._yielded()

    def end(self) -> Iterator[object]:
        """End the stream, and give what the node still yields."""
        self._ended = True
        return self._yielded()

    def close(self) -> None:
        """Let go of the node's generator."""
        if self._next is not None:
            self._next.cancel()
        settle(self._closed())

    def _yielded(self) -> Iterator[object]:
        while (value := settle(self._step())) is not _END:
            yield value

    async def _step(self) -> object:
        """Give the next value, or the end where the node wants another or has ended."""
        self._paused = asyncio.get_running_loop().create_future()
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._values, _END))
            self._next.add_done_callback(self._pause)
        if self._asked is not None and not self._asked.done() and (self._waiting or self._ended):
            self._asked.set_result(None)
        if not self._next.done():
            await self._paused
        if not self._next.done():
            return _END
        value = self._next.result()
        if value is _END:
            # A node may end before its input does.
            self._waiting.clear()
            return _END
        self._next = None
        return value

    async def _stream(self) -> AsyncIterator[object]:
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._ended:
                return
            self._asked = asyncio.get_running_loop().create_future()
            self._pause()
            await self._asked

    def _pause(self, _: object = None) -> None:
        if self._paused is not None and not self._paused.done():
            self._paused.set_result(None)

    async def _closed(self) -> None:
        if self._next is not None:
            await asyncio.wait([self._next])
        await self._values.aclose()
