"""What stands between an asynchronous node on its event loop and the thread that feeds it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterator
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from remotemedia.runtime.place import Place

__all__ = ["Driver", "Pump"]

_ROOM = 128  # values that wait for the thread at most: more than are given at once, so that one answer holds all

_UNFINISHED = frozenset({AsyncGeneratorType, CoroutineType, GeneratorType})  # what a call may give besides a value


class Pump:
    """Takes values on a loop, for a thread that waits for them.

    The task runs ahead of the thread by a bounded number of values. What the two sides share are deques and flags,
    which one side alone sets; after setting them the loop's side sets `_ready`, and the thread's side looks again.

    Args:
        place: where the task runs.
        values: what is asked for values; `None` is dropped.
    """

    def __init__(self, place: Place, values: AsyncIterable[Any] | None = None) -> None:
        self.taken = 0
        self._place = place
        self._source = values
        self._out: deque[tuple[int, Any]] = deque()
        self._ready = threading.Event()
        self._told = False  # whether `_ready` will be set for what is there
        self._full: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._started = self._done = self._cancelled = False
        self._error: BaseException | None = None

    # -- the thread's side

    def take(self) -> tuple[list[tuple[int, Any]], bool]:
        """Wait for values; each with how many the node had taken before it gave it.

        Returns:
            The values, and whether more come without more being given.

        Raises:
            BaseException: what the task raised, after all values before it.
        """
        self._start()
        while True:
            self._ready.clear()
            if self._out or self._done or self._rests():
                break
            self._ready.wait()
        # Asked before the values are taken: then none can come between.
        rests, done = self._rests(), self._done
        taken = [self._out.popleft() for _ in range(len(self._out))]
        if self._full is not None:
            self._place.loop.call_soon_threadsafe(self._make_room)
        if taken:
            return taken, not (rests or (done and self._error is None))
        if done and self._error is not None:
            raise self._error
        return taken, False

    def __iter__(self) -> Iterator[Any]:
        """Give the values one by one."""
        while True:
            values, more = self.take()
            for _, value in values:
                yield value
            if not more:
                return

    def cancel(self) -> None:
        """End the task, and whoever waits for it; from any thread."""
        if self._started and not self._done:
            self._place.loop.call_soon_threadsafe(self._cancel)
        self._cancelled = True

    def interrupt(self) -> None:
        """The same: there is no thread to be interrupted."""
        self.cancel()

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._place.loop.call_soon_threadsafe(self._begin)

    # -- the loop's side

    def _begin(self) -> None:
        self._task = self._place.start(self._run())
        # Not at the end of its own code: of a task that is cancelled before its first step, none runs.
        self._task.add_done_callback(self._finish)
        if self._cancelled:
            self._task.cancel()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _rests(self) -> bool:
        """Whether the task waits to be given something."""
        return False

    def _finish(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self._error = asyncio.CancelledError()
        self._done = True
        self._ready.set()

    async def _run(self) -> None:
        try:
            await self._work()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._error = error

    async def _work(self) -> None:
        if self._source is not None:
            await self._emit_all(self._source)

    async def _emit_all(self, values: AsyncIterable[Any]) -> None:
        out = self._out
        try:
            async for value in values:
                if value is not None:
                    out.append((self.taken, value))
                    if not self._told:
                        self._tell()
                    if len(out) >= _ROOM:
                        await self._room()
        except BaseException:
            # Cancelled between two values, a generator would be closed only when the collector finds it.
            if isinstance(values, AsyncGeneratorType):
                await values.aclose()
            raise

    def _tell(self) -> None:
        """Wake the thread as soon as the task pauses: it costs more than many a value."""
        self._told = True
        asyncio.get_running_loop().call_soon(self._wake)

    def _wake(self) -> None:
        self._told = False
        self._ready.set()

    async def _room(self) -> None:
        while len(self._out) >= _ROOM:
            self._full = asyncio.get_running_loop().create_future()
            self._ready.set()
            if len(self._out) >= _ROOM:
                await self._full
            self._full = None

    def _make_room(self) -> None:
        if self._full is not None and not self._full.done():
            self._full.set_result(None)


class Driver(Pump):
    """Runs a node: feeds it, and takes what it gives. Calls of the node never overlap.

    Args:
        place: where the node runs.
        process: its `process`.
        flush: its `flush`, if it has one.
        form: `streaming`, `source` or `each`.
    """

    def __init__(
        self, place: Place, process: Callable[..., Any], flush: Callable[[], Any] | None, *, form: str
    ) -> None:
        super().__init__(place)
        self._process = process
        self._flush = flush
        self._form = form
        self._in: deque[Any] = deque()
        self._ended = False
        self._asked: asyncio.Future[None] | None = None

    def give(self, values: list[Any]) -> None:
        """Give values; to be followed by `take` until it says that no more come."""
        self._in.extend(values)
        self._call()

    def end(self) -> None:
        """Say that no more values are given."""
        self._ended = True
        self._call()

    def _call(self) -> None:
        if self._started:
            self._place.loop.call_soon_threadsafe(self._answer)
        self._start()

    def _answer(self) -> None:
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(None)

    def _rests(self) -> bool:
        return self._asked is not None and not self._in and not self._ended

    async def _next(self) -> bool:
        """Wait for a value; False at the end."""
        while not self._in:
            if self._ended:
                return False
            self._asked = asyncio.get_running_loop().create_future()
            self._ready.set()
            if not self._in and not self._ended:
                await self._asked
            self._asked = None
        return True

    async def _stream(self) -> AsyncGenerator[Any, None]:
        while self._in or await self._next():
            self.taken += 1
            yield self._in.popleft()

    async def _work(self) -> None:
        if self._form == "streaming":
            # A node may end before its input does; what else comes is dropped, so that nobody waits for it.
            await self._emit_all(self._process(self._stream()))
            while await self._next():
                self._in.clear()
        elif self._form == "source":
            if (rest := self._emit(self._process())) is not None:
                await rest
            while await self._next():
                self._in.clear()
        else:
            await self._work_each()
        if self._flush is not None and (rest := self._emit(self._flush())) is not None:
            await rest

    async def _work_each(self) -> None:
        process, waiting, out = self._process, self._in, self._out
        while waiting or await self._next():
            self.taken += 1
            given = process(waiting.popleft())
            if type(given) is CoroutineType:
                given = await given
            if given is None:
                continue
            if type(given) in _UNFINISHED:
                if (rest := self._emit(given)) is not None:
                    await rest
                continue
            # As `_emit` does; a call of it costs as much as a small node.
            out.append((self.taken, given))
            if not self._told:
                self._tell()
            if len(out) >= _ROOM:
                await self._room()

    def _emit(self, given: Any) -> Coroutine[Any, Any, None] | None:
        """Emit what a call gave; what it returns has still to be awaited."""
        kind = type(given)
        if kind is AsyncGeneratorType:
            return self._emit_all(given)
        if kind is GeneratorType:
            return self._emit_all(_stepwise(given))
        if kind is CoroutineType:
            return self._emit_awaited(given)
        if given is not None:
            self._out.append((self.taken, given))
            if not self._told:
                self._tell()
            if len(self._out) >= _ROOM:
                return self._room()
        return None

    async def _emit_awaited(self, given: Coroutine[Any, Any, Any]) -> None:
        if (rest := self._emit(await given)) is not None:
            await rest


async def _stepwise(values: Generator[Any, Any, Any]) -> AsyncIterator[Any]:
    for value in values:
        yield value
