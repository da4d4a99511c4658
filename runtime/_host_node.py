"""One Python node of a running pipeline, as the engine calls it."""

from __future__ import annotations

import ctypes
import inspect
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from remotemedia.node import is_source
from remotemedia.runtime._driver import Driver, Pump
from remotemedia.runtime._line import LineDriver, Member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from remotemedia._native import Steps
    from remotemedia.runtime.place import Place

__all__ = ["HostNode"]

_END: Final = object()


class HostNode:
    """Turns whatever form a node's `process` and `flush` have into what the engine can call.

    A node whose `process` is a plain function or a generator is called on a thread of the engine. Every other runs on
    the event loop, through a `Driver`; what a plain function gives may have to be awaited all the same.

    Args:
        node: the node.
        place: the event loop.
        fed: whether values can reach the node; else it is to give some of its own accord if it can.
    """

    def __init__(self, node: Any, place: Place, *, fed: bool) -> None:
        self._node = node
        self._place = place
        self.is_source = is_source(node, fed=fed)
        self._driver: Driver | None = None
        self._awaited: Pump | Future[Any] | None = None  # what a plain function left to be awaited
        self._thread: int | None = None  # where its calls run
        self._context = place.context()

    @property
    def form(self) -> str | None:
        """What the node is called as, where its neighbours of the same form can be called together with it."""
        process = self._node.process
        if inspect.iscoroutinefunction(process):
            return None if self.is_source else "coroutine"
        return None if inspect.isasyncgenfunction(process) else "plain"

    @property
    def begins(self) -> bool:
        """Whether the node can give values without being given one."""
        return self.is_source or self._is_streaming

    @property
    def _is_streaming(self) -> bool:
        return bool(getattr(self._node, "is_streaming", False)) and inspect.isasyncgenfunction(self._node.process)

    def begin_line(self, behind: Sequence[HostNode], steps: Steps) -> LineDriver:
        """Return what drives this node and those behind it, all of them coroutine functions."""
        members = [
            Member(host._node.process, getattr(host._node, "flush", None), host._context)  # noqa: SLF001 - of this class
            for host in (self, *behind)
        ]
        self._driver = driver = LineDriver(self._place, members, steps)
        return driver

    def driver(self) -> Driver | None:
        """The driver of an asynchronous node that stands alone, else None."""
        process, flush = self._node.process, getattr(self._node, "flush", None)
        if inspect.isasyncgenfunction(process) or inspect.iscoroutinefunction(process):
            form = "source" if self.is_source else "streaming" if self._is_streaming else "each"
            self._driver = Driver(self._place, process, flush, form=form)
        return self._driver

    def calls(self) -> tuple[Callable[..., Any], Callable[..., Any], Callable[[], Any] | None, Callable[[Any], Any]]:
        """Return what a plain function or a generator is called by.

        Returns:
            what runs a function with the node's context variables, `process`, `flush` if there is one, and what makes
            an iterator of a result that has still to be awaited, and None of any other.
        """
        return self._context.run, self._node.process, getattr(self._node, "flush", None), self._later

    def enter(self) -> None:
        """Say that the calls are made on this thread."""
        self._thread = get_ident()

    def interrupt(self) -> None:
        """Raise `KeyboardInterrupt` in the node, wherever in its Python code it is; from another thread.

        A node that never returns would otherwise keep its user from leaving.
        """
        self.cancel()
        if self._thread is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread), ctypes.py_object(KeyboardInterrupt)
            )

    def cancel(self) -> None:
        """End what the node does on the event loop."""
        for each in (self._driver, self._awaited):
            if each is not None:
                each.cancel()

    def close(self) -> None:
        """The last call."""
        self._thread = None

    def _later(self, given: Any) -> Iterator[object] | None:
        if inspect.isasyncgen(given):
            self._awaited = Pump(self._place, given)
            return iter(self._awaited)
        if not inspect.isawaitable(given):
            return None
        self._awaited = self._place.begin(given)
        value = self._awaited.result()
        if value is None:
            return iter(())
        if inspect.isgenerator(value):
            return self._stepwise(value)
        later = self._later(value)
        return iter((value,)) if later is None else later

    def _stepwise(self, values: Iterator[object]) -> Iterator[object]:
        step = self._context.run
        while (value := step(next, values, _END)) is not _END:
            yield value
