"""One Python node of a running pipeline, as the engine calls it."""

from __future__ import annotations

import asyncio
import ctypes
import inspect
from collections.abc import Iterator
from threading import get_ident
from typing import Any


class HostNode:
    """Turns whatever shape a node's `process` and `flush` have into an iterator of values.

    A node may be a plain function, a generator, a coroutine or an asynchronous generator. What is awaited runs on an
    event loop of the node's own, made when it is first needed.
    """

    def __init__(self, node: Any) -> None:
        self._node = node
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: int | None = None  # where its calls run

    def process(self, value: object) -> Iterator[object]:
        """The values a node gives for one value; `None` is dropped."""
        self._thread = get_ident()
        return self._values(self._node.process(value))

    def flush(self) -> Iterator[object]:
        """The values a node still has at the end of its input."""
        self._thread = get_ident()
        flush = getattr(self._node, "flush", None)
        return self._values(flush()) if flush is not None else iter(())

    def interrupt(self) -> None:
        """Raise `KeyboardInterrupt` in the node, wherever in its Python code it is; from another thread.

        A node that never returns would otherwise keep its user from leaving.
        """
        if self._thread is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread), ctypes.py_object(KeyboardInterrupt)
            )

    def close(self) -> None:
        """Let go of the event loop."""
        self._thread = None
        if self._loop is not None:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def _values(self, given: object) -> Iterator[object]:
        if given is None:
            return iter(())
        if inspect.iscoroutine(given):
            return self._values(self._event_loop().run_until_complete(given))
        if inspect.isgenerator(given):
            return (value for value in given if value is not None)
        if inspect.isasyncgen(given):
            return self._drain(given)
        return iter((given,))

    def _drain(self, given: Any) -> Iterator[object]:
        loop = self._event_loop()
        while True:
            try:
                value = loop.run_until_complete(anext(given))
            except StopAsyncIteration:
                return
            if value is not None:
                yield value

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop
