"""How a pipeline is run: its nodes made ready, the run itself, the nodes let go."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from remotemedia._run_values import nodes_of_run
from remotemedia.errors import NodeError, PipelineError
from remotemedia.runtime._channel import Channel
from remotemedia.runtime.inprocess import Run
from remotemedia.runtime.lifecycle import Lifecycle
from remotemedia.runtime.place import Place

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from remotemedia.node import Node
    from remotemedia.pipeline import Pipeline

__all__ = ["Managed", "Values", "run_async", "run_blocking", "stream"]

_GRACE = 1.0  # seconds that a run may take to end by itself when nobody wants its results


class Values:
    """What a run is given by its caller: settings of parameters and secrets, by name."""

    def __init__(self, settings: Mapping[str, Any] | None, secrets: Mapping[str, str] | None) -> None:
        self.settings = dict(settings or {})
        self.secrets = dict(secrets or {})


class Managed:
    """A context in which a pipeline is initialized: `async with` or `with`."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def __aenter__(self) -> Pipeline:
        await self._pipeline.initialize()
        return self._pipeline

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pipeline.cleanup()

    def __enter__(self) -> Pipeline:
        self._pipeline.initialize()
        return self._pipeline

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipeline.cleanup()


def run_blocking(pipeline: Pipeline, data: Any, values: Values) -> Any:
    """Run to the end and return what comes out; see `Pipeline.run_sync`."""
    held = pipeline._lifecycle  # noqa: SLF001 - its friend
    # Where the caller's own loop waits for this very call, nothing can run on it.
    place = held.place if held is not None and held.place.caller is None else Place()
    nodes, lifecycle = _prepared(pipeline, values, place)
    try:
        lifecycle.start()
        try:
            with _results() as results:
                pipeline._metrics = Run(pipeline, nodes, place).execute(data, results.append)  # noqa: SLF001 - its friend
        finally:
            lifecycle.stop()
    finally:
        if held is None or place is not held.place:
            place.close()
    return _bare(results)


async def run_async(pipeline: Pipeline, data: Any, values: Values) -> Any:
    """Run to the end in a thread, asynchronous nodes on the running loop; see `Pipeline.run`."""
    place = await _place_here(pipeline)
    nodes, lifecycle = _prepared(pipeline, values, place)
    await lifecycle.start()
    try:
        run = Run(pipeline, nodes, place)
        with _results() as results:
            thread = _Thread(lambda: run.execute(data, results.append))
            try:
                await thread.end()
            except asyncio.CancelledError:
                await _ended_early(run, thread)
                raise
            pipeline._metrics = thread.result()  # noqa: SLF001 - its friend
    finally:
        await lifecycle.stop()
    return _bare(results)


async def stream(pipeline: Pipeline, values: AsyncIterable[Any] | Iterable[Any] | None) -> AsyncGenerator[Any, None]:
    """Run on a stream and give what comes out as it comes; see `Pipeline.process`."""
    place = await _place_here(pipeline)
    nodes, lifecycle = _prepared(pipeline, Values(None, None), place)
    await lifecycle.start()
    try:
        run = Run(pipeline, nodes, place)
        channel = Channel(asyncio.get_running_loop())
        given = values if values is None or hasattr(values, "__aiter__") else _asynchronous(values)
        thread = _Thread(lambda: run.execute(given, channel.put), channel.end)
        try:
            while taken := await channel.take():
                for value in taken:
                    yield value
            await thread.end()
            pipeline._metrics = thread.result()  # noqa: SLF001 - its friend
        finally:
            if not thread.has_ended:
                channel.close()
                await _ended_early(run, thread)
    finally:
        await lifecycle.stop()


async def _ended_early(run: Run, thread: _Thread) -> None:
    """End a run whose results nobody wants: calls under way have a moment to end by themselves."""
    run.cancel()
    if not await thread.left():
        run.interrupt()
        await thread.left()


async def _asynchronous(values: Iterable[Any]) -> AsyncGenerator[Any, None]:
    for value in values:
        yield value


async def _place_here(pipeline: Pipeline) -> Place:
    """Return the place of a run that begins in a running loop."""
    held = pipeline._lifecycle  # noqa: SLF001 - its friend
    loop = asyncio.get_running_loop()
    if held is None:
        return Place(loop)
    if held.place.caller in {None, loop}:
        await held.started
        return held.place
    return Place(loop)


def _prepared(pipeline: Pipeline, values: Values, place: Place) -> tuple[Sequence[Node], Lifecycle]:
    """Return the nodes of a run, and what makes those of them ready that are not."""
    declared = pipeline._declared  # noqa: SLF001 - its friend
    nodes = nodes_of_run(pipeline.nodes, pipeline.ids(), declared, values.settings, values.secrets)
    held = pipeline._lifecycle  # noqa: SLF001 - its friend
    return nodes, Lifecycle([node for node in nodes if held is None or not held.holds(node)], place)


@contextmanager
def _results() -> Iterator[list[Any]]:
    """Give a list for results; an error on the way is told what is in it."""
    results: list[Any] = []
    try:
        yield results
    except (NodeError, PipelineError) as error:
        error.details["partial"] = results
        raise


def _bare(results: list[Any]) -> Any:
    return results if len(results) > 1 else next(iter(results), None)


class _Thread:
    """A call in a thread of its own: the pool of the loop has few threads, and nodes may use it."""

    def __init__(self, call: Callable[[], Any], last: Callable[[], None] = lambda: None) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._result: Any = None
        self._error: BaseException | None = None
        work = copy_context().run
        # A run that cannot be ended must not keep its user from leaving.
        threading.Thread(target=work, args=(self._work, call, last), name="remotemedia-run", daemon=True).start()

    @property
    def has_ended(self) -> bool:
        """Whether the call has returned."""
        return self._ended.done()

    async def end(self) -> None:
        """Wait for the end; a cancellation of who waits is not one of the call."""
        await asyncio.wait([self._ended])

    async def left(self) -> bool:
        """Wait for the end, but not for long; whether it came."""
        await asyncio.wait([self._ended], timeout=_GRACE)
        return self.has_ended

    def result(self) -> Any:
        """Return what the call returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._result

    def _work(self, call: Callable[[], Any], last: Callable[[], None]) -> None:
        try:
            self._result = call()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._error = error
        try:
            last()
            self._loop.call_soon_threadsafe(self._end)
        except RuntimeError:
            return  # the loop is closed: nobody waits any longer

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)
