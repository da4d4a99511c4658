"""`p.process()` and nodes that run on an event loop: which loop, in which order, and how a run ends."""

from __future__ import annotations

import asyncio
import contextvars
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from remotemedia import AudioWindowNode, Node, Pipeline
from remotemedia.errors import NodeError, PipelineError


class Same(Node):
    def process(self, value: Any) -> Any:
        return value


class Later(Node):
    async def process(self, value: Any) -> Any:
        await asyncio.sleep(0)
        return value


class Running(Node):
    """The sum so far, of the whole stream."""

    is_streaming = True

    async def process(self, stream: AsyncIterator[int]) -> AsyncIterator[int]:
        total = 0
        async for value in stream:
            total += value
            yield total


class Pairs(Node):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_streaming = True

    async def process(self, stream: AsyncIterator[int]) -> AsyncIterator[Any]:
        held = []
        async for value in stream:
            held.append(value)
            if len(held) == 2:
                yield tuple(held)
                yield None
                held = []
        if held:
            yield tuple(held)


class Numbers(Node):
    def __init__(self, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count
        self.given = 0

    async def process(self) -> AsyncIterator[int]:
        for number in range(self.count):
            self.given += 1
            yield number


class PlainNumbers(Node):
    def __init__(self, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count

    def process(self) -> Iterator[int]:
        yield from range(self.count)


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


def collected(pipeline: Pipeline, stream: Any = None) -> list[Any]:
    async def main() -> list[Any]:
        return [value async for value in pipeline.process(stream)]

    return asyncio.run(main())


def assert_ended(before: set[threading.Thread]) -> None:
    """All threads that were started since end; that of a run has a few lines to go when its results are there."""
    for thread in set(threading.enumerate()) - before:
        thread.join(2)
        assert not thread.is_alive()


@pytest.mark.parametrize("source", [Numbers, PlainNumbers])
def test_without_a_stream_the_first_node_is_the_source(source: Callable[[int], Node]) -> None:
    assert collected(Pipeline([source(4), Running()])) == [0, 1, 3, 6]
    assert Pipeline([source(4), Later(), Running()]).run() == [0, 1, 3, 6]
    assert Pipeline([source(1)]).run() == 0


def test_a_stream_is_what_comes_in() -> None:
    assert collected(Pipeline([Running(), Pairs()]), numbers(5)) == [(0, 1), (3, 6), (10,)]
    assert collected(Pipeline([Running()]), [1, 2]) == [1, 3]
    assert Pipeline([Running(), Pairs()]).run([1, 2, 3]) == [(1, 3), (6,)]


def test_a_source_may_take_an_optional_value() -> None:
    class Either(Node):
        async def process(self, value: Any = None) -> AsyncIterator[Any]:
            yield "alone" if value is None else value

    assert Pipeline([Either()]).run() == "alone"
    assert Pipeline([Either()]).run("given") == "given"


def test_neither_input_nor_source_is_refused() -> None:
    for pipeline in (Pipeline([Same()]), Pipeline([Later(), Numbers(1)])):
        with pytest.raises(PipelineError) as caught:
            pipeline.run()
        assert caught.value.code == "RM703"
        with pytest.raises(PipelineError):
            collected(pipeline)


def test_long_streams_pass_in_order_through_every_form() -> None:
    nodes = [Same(), Later(), Running(), Same(name="b"), Later(name="c"), Pairs()]
    pairs = collected(Pipeline(nodes), numbers(5000))
    sums = np.cumsum(np.arange(5000)).tolist()
    assert pairs == list(zip(sums[::2], sums[1::2], strict=True))


def test_back_pressure_reaches_the_source() -> None:
    source = Numbers(1_000_000)

    async def main() -> int:
        running = Pipeline([source, Later(), Same()]).process()
        async for _ in running:
            await asyncio.sleep(0.3)
            break
        given = source.given
        await running.aclose()
        return given

    assert asyncio.run(main()) < 2000


def test_a_value_that_may_be_left_out_is_not_where_values_come() -> None:
    """What earlier programs write for every node, source or not."""

    class Plain(Node):
        def process(self, value: Any = None) -> Any:
            return "plain", value

    class Gives(Node):
        async def process(self, value: Any = None) -> AsyncIterator[Any]:
            yield "gives", value

    class Streams(Node):
        is_streaming = True

        async def process(self, stream: Any = None) -> AsyncIterator[Any]:
            async for value in stream:
                yield "streams", value

    for behind in (Plain(), Gives(), Streams()):
        name = type(behind).__name__.lower()
        assert Pipeline([Numbers(2), behind]).run() == [(name, 0), (name, 1)]
        assert collected(Pipeline([Numbers(2), behind])) == [(name, 0), (name, 1)]


@pytest.mark.parametrize("pause", [0, 0.2], ids=["at once", "while the source waits for room"])
def test_to_leave_the_generator_ends_the_run(pause: float) -> None:
    class Endless(Numbers):
        ended = False

        async def process(self) -> AsyncIterator[int]:
            try:
                while True:
                    yield 1
                    await asyncio.sleep(0)
            finally:
                self.ended = True

    before = set(threading.enumerate())
    source, waits = Endless(1), Running()

    async def main() -> None:
        running = Pipeline([source, Same(), waits]).process()
        async for _ in running:
            break
        await asyncio.sleep(pause)
        await running.aclose()
        assert source.ended

    asyncio.run(asyncio.wait_for(main(), 5))
    assert_ended(before)


def test_a_cancelled_run_ends() -> None:
    class Stuck(Node):
        cancelled = False

        async def process(self, value: Any) -> Any:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.cancelled = True
                raise

    stuck = Stuck()

    async def main() -> None:
        await asyncio.wait_for(Pipeline([stuck]).run([1, 2]), 0.1)

    start = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert time.monotonic() - start < 2
    assert stuck.cancelled


@pytest.mark.parametrize("form", ["coroutine", "generator", "flush"])
def test_a_cancelled_run_ends_what_a_plain_function_left_to_be_awaited(form: str) -> None:
    ended = []

    class Stuck(Node):
        def process(self, value: Any) -> Any:
            if form == "flush":
                return value
            return self.wait() if form == "coroutine" else self.give()

        async def wait(self) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(form)

        async def give(self) -> AsyncIterator[int]:
            await self.wait()
            yield 1

        def flush(self) -> Any:
            return self.wait()

    async def main() -> float:
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Pipeline([Stuck()]).run([1, 2]), 0.1)
        return time.monotonic() - start

    before = set(threading.enumerate())
    # Without being cancelled it would be left behind after two seconds.
    assert asyncio.run(main()) < 1.5
    assert ended == [form]
    assert_ended(before)


class Asks(Node):
    """Waits for answers in a queue that is bound to a loop."""

    def __init__(self, answers: asyncio.Queue[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answers = answers
        self.loops: list[Any] = []

    async def initialize(self) -> None:
        self.loops.append(asyncio.get_running_loop())

    async def process(self, value: int) -> int:
        self.loops.append(asyncio.get_running_loop())
        return value + await self.answers.get()

    async def flush(self) -> None:
        self.loops.append(asyncio.get_running_loop())

    async def cleanup(self) -> None:
        self.loops.append(asyncio.get_running_loop())


@pytest.mark.parametrize("awaited", [True, False], ids=["run", "process"])
def test_asynchronous_nodes_run_on_the_callers_loop(awaited: bool) -> None:
    """Objects that are bound to a loop can be made by the caller and used by a node."""

    async def main() -> None:
        answers: asyncio.Queue[int] = asyncio.Queue()
        node = Asks(answers)

        async def answer() -> None:
            await asyncio.sleep(0.02)
            for number in range(2):
                await answers.put(number)

        helper = asyncio.create_task(answer())
        pipeline = Pipeline([node])
        if awaited:
            assert await pipeline.run([10, 20]) == [10, 21]
        else:
            assert [value async for value in pipeline.process(numbers(2))] == [0, 2]
        await helper
        assert set(node.loops) == {asyncio.get_running_loop()}
        assert len(node.loops) == 5

    asyncio.run(main())


def test_nodes_of_a_run_without_a_loop_share_one() -> None:
    event: asyncio.Event | None = None

    class Waits(Node):
        async def process(self, value: int) -> int:
            nonlocal event
            event = event or asyncio.Event()
            asyncio.get_running_loop().call_later(0.01, event.set)
            await asyncio.wait_for(event.wait(), 5)
            return value

    class Sets(Node):
        async def process(self, value: int) -> int:
            assert event is not None
            await asyncio.wait_for(event.wait(), 5)
            async with asyncio.timeout(1):
                await asyncio.sleep(0)
            return value

    before = set(threading.enumerate())
    assert Pipeline([Waits(), Sets()]).run([1, 2]) == [1, 2]
    assert_ended(before)


def test_a_plain_node_does_not_block_the_loop() -> None:
    class Slow(Node):
        def process(self, value: int) -> int:
            time.sleep(0.3)
            return value

    async def main() -> int:
        ticks = 0
        run = asyncio.ensure_future(Pipeline([Slow()]).run(1))
        while not run.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert await run == 1
        return ticks

    assert asyncio.run(main()) > 10


def test_nodes_that_wait_do_so_at_once() -> None:
    class Waits(Node):
        async def process(self, value: int) -> int:
            await asyncio.sleep(0.05)
            return value

    start = time.monotonic()
    assert Pipeline([Waits(name=str(at)) for at in range(5)]).run(list(range(6))) == list(range(6))
    # One after the other it would be 5 · 6 · 0.05 s = 1.5 s.
    assert time.monotonic() - start < 1.0


def test_results_come_as_soon_as_they_are_ready() -> None:
    class Waits(Node):
        async def process(self, value: int) -> int:
            await asyncio.sleep(0.2)
            return value

    async def main() -> list[float]:
        start = time.monotonic()
        return [time.monotonic() - start async for _ in Pipeline([Waits(), Same()]).process(numbers(3))]

    times = asyncio.run(main())
    assert [round(moment, 1) for moment in times] == pytest.approx([0.2, 0.4, 0.6], abs=0.15)


def test_many_runs_at_once_need_no_pool() -> None:
    async def main() -> list[Any]:
        pipelines = [Pipeline([Later(), Same(), Running()]) for _ in range(30)]
        return await asyncio.gather(*(pipeline.run([1, 1]) for pipeline in pipelines))

    assert asyncio.run(main()) == [[1, 2]] * 30


def test_context_variables_reach_the_nodes() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    class Reads(Node):
        async def process(self, value: Any) -> str:
            return variable.get()

    class ReadsPlainly(Node):
        def process(self, value: Any) -> Iterator[str]:
            yield variable.get()

        def flush(self) -> str:
            return variable.get()

    variable.set("seen")
    assert Pipeline([Reads()]).run(1) == "seen"
    assert Pipeline([ReadsPlainly()]).run(1) == ["seen", "seen"]


def test_an_error_names_node_and_input_and_keeps_what_was_ready() -> None:
    class Divides(Node):
        async def process(self, value: int) -> float:
            return 1 / value

    class DividesStream(Node):
        is_streaming = True

        async def process(self, stream: AsyncIterator[int]) -> AsyncIterator[float]:
            async for value in stream:
                yield 1 / value

    for node in (Divides(), DividesStream()):
        with pytest.raises(NodeError) as caught:
            Pipeline([Same(), node]).run([2, 4, 0, 5])
        error = caught.value
        assert (error.code, error.node, error.partial) == ("RM602", node.name, [0.5, 0.25])
        assert error.details["seq"] == 2
        assert error.input
        assert isinstance(error.__cause__, ZeroDivisionError)

        async def awaited(node: Node = node) -> None:
            await Pipeline([Same(), node]).run([1, 0])

        with pytest.raises(NodeError) as caught:
            asyncio.run(awaited())
        assert caught.value.partial == [1.0]


def test_of_a_stream_everything_before_an_error_is_given() -> None:
    class Fails(Node):
        async def process(self, value: int) -> int:
            if value == 3:
                raise ValueError("three")
            return value

    got: list[int] = []

    async def main() -> None:
        async for value in Pipeline([Fails()]).process(numbers(5)):
            got.append(value)  # noqa: PERF401 - a comprehension would lose them

    with pytest.raises(NodeError, match="three"):
        asyncio.run(main())
    assert got == [0, 1, 2]


def test_an_error_of_the_stream_is_told() -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise OSError("unplugged")

    with pytest.raises(PipelineError, match="unplugged") as caught:
        collected(Pipeline([Same()]), broken())
    assert caught.value.code == "RM612"


def test_a_streaming_node_may_end_before_its_input() -> None:
    class First(Node):
        is_streaming = True

        async def process(self, stream: AsyncIterator[int]) -> AsyncIterator[int]:
            async for value in stream:
                yield value
                return

    assert collected(Pipeline([First()]), numbers(1000)) == [0]


class Keeps(Node):
    """Gives its last value at the end, in one of the forms that `flush` may have."""

    def __init__(self, form: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.form = form
        self.last: Any = None

    def process(self, value: Any) -> Any:
        self.last = value

    def flush(self) -> Any:
        def generator() -> Iterator[Any]:
            yield self.last

        async def coroutine() -> Any:
            return self.last

        async def generates() -> AsyncIterator[Any]:
            yield self.last

        forms: dict[str, Callable[[], Any]] = {"generator": generator, "coroutine": coroutine, "both": generates}
        return forms[self.form]() if self.form in forms else self.last


class KeepsLater(Keeps):
    async def process(self, value: Any) -> Any:
        self.last = value


@pytest.mark.parametrize("form", ["plain", "generator", "coroutine", "both"])
@pytest.mark.parametrize("node", [Keeps, KeepsLater])
def test_flush_may_have_every_form(node: type[Keeps], form: str) -> None:
    assert Pipeline([node(form)]).run([1, 2]) == 2


def test_sound_goes_through_native_and_asynchronous_nodes() -> None:
    class Length(Node):
        async def process(self, value: Any) -> tuple[int, int]:
            samples, rate = value
            return len(samples), rate

    sound = (np.zeros(1000, np.float32), 16000)
    assert Pipeline([Later(), AudioWindowNode(size=250), Length()]).run(sound) == [(250, 16000)] * 4


def test_run_sync_inside_a_running_loop() -> None:
    async def main() -> Any:
        return Pipeline([Later(), Running()]).run_sync([1, 2])

    assert asyncio.run(main()) == [1, 3]


def test_metrics_of_the_last_run() -> None:
    p = Pipeline([Same(), Later()])
    assert p.get_metrics() is None
    p.run([1, 2, 3])
    metrics = p.get_metrics()
    assert metrics is not None
    assert [(node["node_id"], node["packets_in"]) for node in metrics["node_metrics"]] == [("Same", 3), ("Later", 3)]
    assert metrics["total_duration_us"] > 0


class Erratic(Node):
    """Takes its time, and fails now and then; in any form."""

    def __init__(self, form: str, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.random = random.Random(seed)  # noqa: S311 - nothing is secret
        self.is_streaming = form == "streaming"
        self.process = getattr(self, f"_{form}")  # type: ignore[method-assign]

    def process(self, value: Any) -> Any:
        raise NotImplementedError

    def _plain(self, value: int) -> int:
        if self.random.random() < 0.05:
            time.sleep(0.001)
        return value

    def _generator(self, value: int) -> Iterator[int]:
        yield value
        yield value

    async def _coroutine(self, value: int) -> int:
        if self.random.random() < 0.1:
            await asyncio.sleep(0.001)
        if self.random.random() < 0.002:
            raise ValueError(value)
        return value

    async def _streaming(self, stream: AsyncIterator[int]) -> AsyncIterator[int]:
        async for value in stream:
            if self.random.random() < 0.05:
                await asyncio.sleep(0.001)
            yield value


async def erratic(seed: int) -> None:
    """Make a random graph and end its run in a random way."""
    chance = random.Random(seed)  # noqa: S311 - nothing is secret
    forms = chance.choices(["plain", "generator", "coroutine", "streaming"], k=chance.randint(1, 6))
    nodes: list[Node] = [Erratic(form, seed, name=f"n{at}") for at, form in enumerate(forms)]
    pipeline = Pipeline(nodes)
    if len(nodes) > 2:
        pipeline.add(Same(name="join"), after=nodes[:2])
    with suppress(NodeError, TimeoutError):
        match chance.choice(["run", "leave", "time out"]):
            case "run":
                await pipeline.run(list(range(100)))
            case "leave":
                running = pipeline.process(numbers(1000))
                async for value in running:
                    if value > 20:
                        break
                await running.aclose()
            case _:
                await asyncio.wait_for(pipeline.run(list(range(1000))), chance.random() * 0.05)


def test_runs_leave_no_thread_however_they_end() -> None:
    before = set(threading.enumerate())

    async def main() -> None:
        for first in range(0, 48, 8):
            runs = (erratic(seed) for seed in range(first, first + 8))
            await asyncio.wait_for(asyncio.gather(*runs), 60)

    asyncio.run(main())
    assert_ended(before)
