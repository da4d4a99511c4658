"""The event loop on which the asynchronous code of a run runs."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from contextlib import suppress
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine
    from concurrent.futures import Future

__all__ = ["Place"]

_PATIENCE = 1.0  # seconds for the tasks of a loop that ends


class Place:
    """An event loop that other threads can use: the caller's, or one of its own.

    All asynchronous nodes of a run share one loop, so that they can share what is bound to it. A loop of its own is
    made when it is first needed, and runs in a thread of its own until `close`, also while no node is called.

    Args:
        loop: the caller's running loop; None for one of its own.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.caller = loop
        self._own: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._context = copy_context()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop; it runs."""
        if self.caller is not None:
            return self.caller
        with self._lock:
            if self._own is None or self._thread is None or not self._thread.is_alive():
                self._own = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_turn, args=(self._own,), name="remotemedia-loop", daemon=True)
                self._thread.start()
            return self._own

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Make a task; to be called on the loop."""
        return asyncio.get_running_loop().create_task(coroutine, context=self.context())

    def context(self) -> Context:
        """Return a copy of the context variables as the caller had them."""
        return self._context.copy()

    def wait(self, awaitable: Awaitable[Any]) -> Any:
        """Run to the end of an awaitable; to be called from any thread but the loop's."""
        return self.begin(awaitable).result()

    def begin(self, awaitable: Awaitable[Any]) -> Future[Any]:
        """Run an awaitable; what is returned can be waited for and cancelled from any thread but the loop's."""
        return asyncio.run_coroutine_threadsafe(_awaited(awaitable), self.loop)

    def interrupt(self) -> None:
        """Raise `KeyboardInterrupt` in whatever runs on a loop of its own."""
        thread = self._thread
        if thread is not None and thread.is_alive() and thread.ident is not None and self._own is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt)
            )
            self._own.call_soon_threadsafe(int)  # so that it notices

    def close(self) -> None:
        """End a loop of its own, cancelling what is left on it."""
        with self._lock:
            loop, thread = self._own, self._thread
            self._own = self._thread = None
        if loop is not None and thread is not None and thread.is_alive():
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_PATIENCE)


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped, then end what is left on it, as `asyncio.run` does."""
    asyncio.set_event_loop(loop)
    with suppress(KeyboardInterrupt):  # `interrupt` of this module: what ran is cancelled with all the others
        loop.run_forever()
    try:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
