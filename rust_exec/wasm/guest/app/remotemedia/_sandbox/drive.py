"""Runs what a node's `process` gives: values, generators, coroutines and asynchronous generators."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Iterator
from inspect import isasyncgen, isawaitable
from typing import Any, Final

_END: Final = object()


class Loop(asyncio.BaseEventLoop):
    """An event loop of tasks and timers.

    WASI has no socket pair, which the loops of the standard library need to be woken; here there is nothing that could
    wake one: no threads and no sockets.
    """

    def __init__(self) -> None:
        super().__init__()
        # `BaseEventLoop._run_once` waits by asking its selector.
        self._selector = self

    def select(self, timeout: float | None) -> list[object]:
        """Sleep until the next timer is due."""
        if timeout is None:
            raise RuntimeError("the node waits for something that never happens")
        if timeout > 0:
            time.sleep(timeout)
        return []

    def _process_events(self, event_list: list[object]) -> None:
        """Do nothing: there are no events."""

    def _write_to_self(self) -> None:
        """Do nothing: nobody else could wait in `select`."""

    def drive(self, awaitable: Awaitable[Any]) -> Any:
        """Run until the awaitable is done; what it started goes on in the next call."""
        asyncio._set_running_loop(self)  # noqa: SLF001 - so that the first step below can start tasks
        try:
            coroutine = awaitable if asyncio.iscoroutine(awaitable) else _wait(awaitable)
            # Most coroutines finish in their first step, which an eager task takes at once.
            task = asyncio.Task(coroutine, loop=self, eager_start=True)  # type: ignore[call-arg]  # of Python 3.14, which this runs on
            while not task.done():
                self._run_once()  # type: ignore[attr-defined]  # private, but the Python is the component's own
            return task.result()
        finally:
            asyncio._set_running_loop(None)  # noqa: SLF001 - the same

    def is_running(self) -> bool:
        """Whether `drive` is at work, so that a task starts eagerly."""
        return asyncio._get_running_loop() is self or super().is_running()  # noqa: SLF001 - the same


async def _wait(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


_loop = Loop()
# For authors who call `asyncio.run` themselves.
asyncio.events.new_event_loop = asyncio.new_event_loop = Loop


def pending() -> bool:
    """Whether something that the node started has not ended."""
    return any(not task.done() for task in asyncio.all_tasks(_loop))


def settle(value: object) -> object:
    """Run a coroutine to its end, and make an asynchronous generator an ordinary one; give other values as they are."""
    if isasyncgen(value):
        return _steps(value)
    if isawaitable(value):
        return settle(_loop.drive(value))
    return value


def _steps(source: AsyncGenerator[object, Any]) -> Iterator[object]:
    try:
        while (value := _loop.drive(anext(source, _END))) is not _END:
            yield value
    finally:
        _loop.drive(source.aclose())
