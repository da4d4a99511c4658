"""Asynchronous nodes in a row, on one event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from remotemedia.runtime._driver import Driver

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from contextvars import Context

    from remotemedia._native import Steps
    from remotemedia.runtime.place import Place

__all__ = ["LineDriver", "Member"]

_ROOM = 64  # values that wait between two nodes at most


@dataclass(frozen=True)
class Member:
    """One node of a line.

    Attributes:
        process: its `process`, a coroutine function.
        flush: its `flush`, if it has one.
        context: its context variables.
    """

    process: Callable[[Any], Any]
    flush: Callable[[], Any] | None
    context: Context


class LineDriver(Driver):
    """Runs nodes one behind the other. Calls of one node never overlap.

    As long as no call waits for anything, one task makes them all. From the first that waits on, every node has a task
    of its own, so that all can wait at once; the call that waits ends in the task in which it began, for it may know
    that task.

    Attributes:
        blame: where it failed: the number of the node, `process` or `flush`, and what it was given.
    """

    def __init__(self, place: Place, members: Sequence[Member], steps: Steps) -> None:
        super().__init__(place, members[0].process, None, form="each")
        self.blame: tuple[int, str, Any] | None = None
        self._members = members
        self._steps = steps
        self._links = [_Link() for _ in members]  # before each node; that of the first is not used
        self._failure: BaseException | None = None
        self._waker: Callable[[], None] = lambda: None
        self._away = False  # whether the thread waits elsewhere

    # -- the thread's side

    def wakes(self, waker: Callable[[], None]) -> None:
        """Say how the thread is woken where it waits for further input."""
        self._waker = waker

    @property
    def ready(self) -> bool:
        """Whether there is something to be taken without anything being given."""
        return bool(self._out) or (self._done and self._error is not None)

    def take(self) -> tuple[list[tuple[int, Any]], bool]:
        """Wait for values; nodes behind the first may have some later, and then the thread is woken."""
        self._away = False
        values, more = super().take()
        if not more and not self._done:
            self._away = True
            # What came before that was said would be noticed by nobody.
            more = self.ready
        return values, more

    # -- the loop's side

    def _wake(self) -> None:
        super()._wake()
        if self._away:
            self._waker()

    def _finish(self, task: asyncio.Task[None]) -> None:
        super()._finish(task)
        if self._away:
            self._waker()

    async def _work(self) -> None:
        while self._in or await self._next():
            values = [self._in.popleft() for _ in range(len(self._in))]
            count, stuck = self._run_through(values)
            self._in.extendleft(reversed(values[count:]))
            if stuck is not None:
                return await self._part(stuck)
            # More is given only when this has been taken, so that it is bounded.
            if self._in:
                await asyncio.sleep(0)
        if any(member.flush is not None for member in self._members):
            await self._part(None)
        return None

    def _run_through(self, values: list[Any]) -> tuple[int, _Stuck | None]:
        given: list[tuple[int, Any]] = []
        try:
            count, stuck = self._steps.run(values, self.taken + 1, given)
        except BaseException:
            self.blame = (self._steps.at, "process", self._steps.value)
            raise
        finally:
            self._out.extend(given)
            if given and not self._told:
                self._tell()
        self.taken += count
        return count, stuck

    async def _part(self, stuck: _Stuck | None) -> None:
        """Let every node go on in a task of its own; the call that waits ends in this one."""
        loop = asyncio.get_running_loop()
        at = None if stuck is None else stuck[0]
        last = len(self._members) - 1

        def start(index: int) -> asyncio.Task[None]:
            return loop.create_task(self._go_on(index), context=self._members[index].context)

        tasks = {index: start(index) for index in range(last + 1) if index != at}
        try:
            if stuck is not None and await self._end_call(*stuck):
                tasks[stuck[0]] = start(stuck[0])
            if last in tasks:
                await asyncio.wait([tasks[last]])
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        if self._failure is not None:
            raise self._failure

    async def _end_call(self, index: int, call: Any, begun: bool, waits: Any) -> bool:  # noqa: FBT001 - from Rust
        """End a call that was begun before; whether the node goes on."""
        count, value = self.taken, self._steps.value
        try:
            given = await _Rest(self._members[index].context, call, waits) if begun else call
            await self._give(index, count, given)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - it is raised when all before it has been given
            self._fail(index, "process", value, error)
            return False
        self._steps.end(index)
        return True

    async def _go_on(self, index: int) -> None:
        """Call a node with all that comes, then flush it."""
        member, steps = self._members[index], self._steps
        call, value = "process", None
        try:
            while not self._is_over(index) and (item := await self._arriving(index)) is not None:
                count, value = item
                steps.begin(index, True)  # noqa: FBT003 - to Rust
                await self._give(index, count, await member.process(value))
                steps.end(index)
            broken = self._is_over(index) or self._links[index].broken
            if member.flush is not None and not broken:
                call, value = "flush", None
                steps.begin(index, False)  # noqa: FBT003 - to Rust
                await self._give(index, self.taken, member.flush())
                steps.end(index)
            self._end_behind(index, broken=broken)
        except BaseException as error:  # noqa: BLE001 - it is raised when all before it has been given
            self._fail(index, call, value, error)

    def _fail(self, index: int, call: str, value: Any, error: BaseException) -> None:
        if self._failure is None:
            self._failure, self.blame = error, (index, call, value)
        self._links[index].close()
        self._end_behind(index, broken=True)

    def _is_over(self, index: int) -> bool:
        """Whether this node, or one behind it, has failed: nothing new begins."""
        return self.blame is not None and index <= self.blame[0]

    def _end_behind(self, index: int, *, broken: bool) -> None:
        if index + 1 < len(self._links):
            self._links[index + 1].end(broken=broken)

    async def _arriving(self, index: int) -> tuple[int, Any] | None:
        """The next value for a node, with how many the first had taken by then; None at the end."""
        if index > 0:
            return await self._links[index].take()
        if not self._in and not await self._next():
            return None
        self.taken += 1
        return self.taken, self._in.popleft()

    async def _give(self, index: int, count: int, given: Any) -> None:
        """Pass on what a call gave."""
        kind = type(given)
        if kind is CoroutineType:
            await self._give(index, count, await given)
        elif kind is GeneratorType:
            for value in given:
                await self._put(index, count, value)
        elif kind is AsyncGeneratorType:
            try:
                async for value in given:
                    await self._put(index, count, value)
            except BaseException:
                # Cancelled between two values, it would be closed only when the collector finds it.
                await given.aclose()
                raise
        else:
            await self._put(index, count, given)

    async def _put(self, index: int, count: int, value: Any) -> None:
        if value is None:
            return
        self._steps.gave(index)
        if index + 1 < len(self._links):
            await self._links[index + 1].put((count, value))
            return
        self._out.append((count, value))
        if not self._told:
            self._tell()
        if len(self._out) >= _ROOM:
            await self._room()


_Stuck = tuple[int, Any, bool, Any]


class _Link:
    """What waits between two nodes; bounded."""

    def __init__(self) -> None:
        self.broken = False  # whether it ended because a node before it failed
        self._ended = False
        self._closed = False  # whether nobody takes any more
        self._values: deque[tuple[int, Any]] = deque()
        self._taker: asyncio.Future[None] | None = None
        self._giver: asyncio.Future[None] | None = None

    async def put(self, value: tuple[int, Any]) -> None:
        self._values.append(value)
        _answer(self._taker)
        while len(self._values) >= _ROOM and not self._closed:
            self._giver = asyncio.get_running_loop().create_future()
            await self._giver

    async def take(self) -> tuple[int, Any] | None:
        while not self._values:
            if self._ended:
                return None
            self._taker = asyncio.get_running_loop().create_future()
            await self._taker
        _answer(self._giver)
        return self._values.popleft()

    def close(self) -> None:
        self._closed = True
        _answer(self._giver)

    def end(self, *, broken: bool) -> None:
        self._ended, self.broken = True, broken
        _answer(self._taker)


def _answer(asked: asyncio.Future[None] | None) -> None:
    if asked is not None and not asked.done():
        asked.set_result(None)


class _Rest:
    """What is left of a coroutine that waits, to be awaited in the task in which it began; in its own context."""

    def __init__(self, context: Context, coroutine: Any, waits: Any) -> None:
        self._run = context.run
        self._coroutine = coroutine
        self._waits = waits

    def __await__(self) -> Generator[Any, Any, Any]:
        waits = self._waits
        while True:
            try:
                step, sent = self._coroutine.send, (yield waits)
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's
                step, sent = self._coroutine.throw, error
            try:
                waits = self._run(step, sent)
            except StopIteration as stop:
                return stop.value
