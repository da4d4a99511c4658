"""Where a program hands values to a running pipeline, and takes them from it.

from remotemedia.nodes.io_nodes import DataSinkNode, DataSourceNode

source, sink = DataSourceNode(), DataSinkNode(buffer_output=True)
running = asyncio.create_task(Pipeline([source, Upper(), sink]).run())
await source.push_data("word")
await source.close()
await running
sink.get_buffered_output()  # ["WORD"]
"""

from __future__ import annotations

from collections import deque
from inspect import isawaitable
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from remotemedia.node import Node

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable

__all__ = ["DataSinkNode", "DataSourceNode"]


class DataSourceNode(Node):
    """A source of what the program pushes, from any thread or event loop.

    It ends when it is closed, or when nothing has come for a while.

    Args:
        buffer_size: values that may wait at most.
        timeout_seconds: how long the source waits for the next value.
        kw: arguments of `Node`.
    """

    is_source = True

    def __init__(self, buffer_size: int = 100, timeout_seconds: float = 30.0, **kw: Any) -> None:
        super().__init__(**kw)
        self.buffer_size = buffer_size
        self.timeout_seconds = timeout_seconds
        self._lock = Lock()
        self._waiting: deque[Any] = deque()
        self._closed = False
        self._wake: Callable[[], object] | None = None

    async def push_data(self, value: Any) -> bool:
        """Hand a value to the pipeline; False where it was not taken: the source is full, or closed."""
        with self._lock:
            if self._closed or len(self._waiting) >= self.buffer_size:
                return False
            self._waiting.append(value)
        self._notify()
        return True

    async def close(self) -> None:
        """End the stream, behind what was pushed before."""
        self._closed = True
        self._notify()

    async def process(self) -> AsyncIterator[Any]:
        """Give what is pushed, until the end."""
        import asyncio  # noqa: PLC0415 - constructing a node must not load it

        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(arrived.set)
        try:
            while await self._arrival(arrived):
                while self._waiting:
                    yield self._waiting.popleft()
        finally:
            self._wake = None

    async def _arrival(self, arrived: asyncio.Event) -> bool:
        """Wait for a value; False where none comes any more."""
        import asyncio  # noqa: PLC0415 - the same

        until = monotonic() + self.timeout_seconds
        while True:
            # Cleared before it is looked, so that nothing can come between unseen.
            arrived.clear()
            if self._waiting:
                return True
            if self._closed:
                return False
            try:
                await asyncio.wait_for(arrived.wait(), until - monotonic())
            except TimeoutError:
                return False

    def _notify(self) -> None:
        wake = self._wake
        if wake is not None:
            wake()


class DataSinkNode(Node):
    """Passes values on, and shows each to the program.

    Args:
        callback: called with each value; it may be a coroutine function. What it raises ends the run.
        buffer_output: whether the last values are kept for `get_buffered_output`.
        buffer_size: values that are kept at most.
        kw: arguments of `Node`.
    """

    def __init__(
        self,
        callback: Callable[[Any], Any] | None = None,
        buffer_output: bool = False,  # noqa: FBT001, FBT002 - programs pass it by position
        buffer_size: int = 100,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.callback = callback
        self.buffer_output = buffer_output
        self.buffer_size = buffer_size
        self._kept: deque[Any] = deque(maxlen=buffer_size)

    async def process(self, value: Any) -> Any:
        """Return the value, once the callback has seen it."""
        if self.buffer_output:
            self._kept.append(value)
        if self.callback is not None:
            answer = self.callback(value)
            if isawaitable(answer):
                await answer
        return value

    def set_callback(self, callback: Callable[[Any], Any] | None) -> None:
        """Call something else from now on."""
        self.callback = callback

    def get_buffered_output(self) -> list[Any]:
        """Return the values that are kept, oldest first."""
        return list(self._kept)

    def clear_buffer(self) -> None:
        """Forget the values that are kept."""
        self._kept.clear()
