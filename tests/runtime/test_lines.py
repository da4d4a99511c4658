"""Nodes in a row run as one, and nobody notices."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from remotemedia import Node, Pipeline
from remotemedia.errors import NodeError


class Plain(Node):
    def process(self, value: int) -> Any:
        return None if value == 3 else value + 1


class Gives(Node):
    def process(self, value: int) -> Iterator[Any]:
        yield value * 10
        yield None
        yield value * 10 + 1


class Awaits(Node):
    async def process(self, value: int) -> Any:
        return None if value == 3 else value + 1


class Waits(Node):
    async def process(self, value: int) -> int:
        await asyncio.sleep(0.002)
        return value + 1


class GivesLater(Node):
    async def process(self, value: int) -> AsyncIterator[int]:
        async def values() -> AsyncIterator[int]:
            yield value * 10
            await asyncio.sleep(0)
            yield value * 10 + 1

        return values()


def named(*forms: type[Node]) -> list[Node]:
    """Nodes of these classes, by the names n0, n1 and so on."""
    return [form(name=f"n{index}") for index, form in enumerate(forms)]


@pytest.mark.parametrize("form", [Plain, Awaits])
def test_every_node_of_a_line_is_counted(form: type[Node]) -> None:
    pipeline = Pipeline(named(form, form, form))
    # 3 is dropped by whoever meets it: 3 by the first, 2 by the second, 1 by the third.
    assert pipeline.run([0, 1, 2, 3, 4]) == [3, 7]
    metrics: Any = pipeline.get_metrics()
    counts = [(it["node_id"], it["packets_in"], it["packets_out"]) for it in metrics["node_metrics"]]
    assert counts == [("n0", 5, 4), ("n1", 4, 3), ("n2", 3, 2)]
    assert [(it["from"], it["to"]) for it in metrics["edges"]] == [("n0", "n1"), ("n1", "n2")]
    assert all(it["total_duration_us"] > 0 for it in metrics["node_metrics"])


@pytest.mark.parametrize("gives", [Gives, GivesLater])
def test_a_node_may_give_many_and_order_is_kept(gives: type[Node]) -> None:
    before, behind = (Plain, Plain) if gives is Gives else (Awaits, Waits)
    results = Pipeline(named(before, gives, behind)).run([0, 1, 2])
    assert results == [11, 12, 21, 22, 31, 32]


def test_what_flush_gives_goes_through_the_nodes_behind_before_they_are_flushed() -> None:
    class Sums(Node):
        sum = 0

        def process(self, value: int) -> Any:
            self.sum += value
            return value

        def flush(self) -> int:
            return self.sum

    class SumsLater(Sums):
        async def process(self, value: int) -> Any:
            return super().process(value)

    for form in (Sums, SumsLater):
        assert Pipeline(named(form, form)).run([1, 2, 3]) == [1, 2, 3, 6, 12]


@pytest.mark.parametrize("first", [Plain, Awaits, Waits])
def test_a_failure_names_the_node_behind_and_keeps_what_was_before(first: type[Node]) -> None:
    class Divides(Node):
        def process(self, value: int) -> float:
            return 6 / (value - 3)

    class DividesLater(Node):
        async def process(self, value: int) -> float:
            return 6 / (value - 3)

    behind = Divides if first is Plain else DividesLater
    last = Plain if first is Plain else Awaits
    with pytest.raises(NodeError) as caught:
        Pipeline(named(first, behind, last)).run([0, 1, 2, 4])
    error = caught.value
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert error.details["node"] == "n1"
    assert error.details["call"] == "process"
    assert error.details["input"] == "object of type `int`"
    assert error.details["seq"] == 2
    assert error.details["partial"] == [-2.0, -5.0]


def test_a_failure_in_flush_is_that_of_its_node() -> None:
    class Breaks(Node):
        def process(self, value: int) -> int:
            return value

        def flush(self) -> None:
            raise ValueError("empty")

    class BreaksLater(Breaks):
        async def process(self, value: int) -> int:  # type: ignore[override]
            return value

    for form, other in ((Breaks, Plain), (BreaksLater, Awaits)):
        with pytest.raises(NodeError) as caught:
            Pipeline(named(other, form)).run([1])
        details = caught.value.details
        assert (details["node"], details["call"], details["partial"]) == ("n1", "flush", [2])
        assert details.get("input") is None


def test_nodes_that_wait_wait_at_once() -> None:
    inside: set[str] = set()
    most = 0

    class Sleeps(Node):
        async def process(self, value: int) -> int:
            nonlocal most
            assert self.name not in inside
            inside.add(self.name)
            most = max(most, len(inside))
            await asyncio.sleep(0.005)
            inside.remove(self.name)
            return value

    assert Pipeline(named(Sleeps, Sleeps, Sleeps)).run(list(range(6))) == list(range(6))
    assert most == 3


def test_what_a_line_gives_late_comes_before_further_input() -> None:
    async def main() -> list[int]:
        given = asyncio.Event()
        given.set()

        async def values() -> AsyncIterator[int]:
            for value in range(4):
                await given.wait()
                given.clear()
                yield value

        results = []
        async for value in Pipeline(named(Awaits, Waits, Waits)).process(values()):
            results.append(value)
            given.set()
        return results

    assert asyncio.run(asyncio.wait_for(main(), 10)) == [3, 4, 5]


def test_a_call_that_waits_keeps_its_task() -> None:
    class Hurries(Node):
        async def process(self, value: int) -> int:
            task = asyncio.current_task()
            try:
                async with asyncio.timeout(0.005):
                    await asyncio.sleep(10)
            except TimeoutError:
                value += 1
            assert asyncio.current_task() is task
            return value

    assert Pipeline(named(Awaits, Hurries, Awaits)).run([0, 5]) == [3, 8]


def test_context_variables_of_nodes_are_their_own() -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    class Counts(Node):
        async def process(self, value: int) -> int:
            variable.set(variable.get() + 1)
            if value:
                await asyncio.sleep(0)
            variable.set(variable.get() + 1)
            return value

        def flush(self) -> int:
            return variable.get()

    class CountsPlainly(Node):
        def process(self, value: int) -> int:
            variable.set(variable.get() + 2)
            return value

        def flush(self) -> int:
            return variable.get()

    for form in (Counts, CountsPlainly):
        # What the first gives at its end is a value for the second.
        assert Pipeline(named(form, form)).run([0, 0, 1, 1]) == [0, 0, 1, 1, 8, 10]


@pytest.mark.parametrize("number", [0, 1, 64, 65, 1000])
def test_lines_of_any_length_give_all(number: int) -> None:
    for form in (Plain, Awaits, Waits):
        if form is Waits and number > 100:
            continue
        results = Pipeline(named(form, form)).run([10 + it for it in range(number)])
        expected = [12 + it for it in range(number)]
        assert results == (expected if number > 1 else next(iter(expected), None))


def test_a_line_that_waits_can_be_left() -> None:
    class Forever(Node):
        async def process(self, value: int) -> int:
            await asyncio.sleep(100)
            return value

    async def main() -> None:
        run = asyncio.ensure_future(Pipeline(named(Awaits, Forever, Awaits)).run([1, 2]))
        await asyncio.sleep(0.05)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(asyncio.wait_for(main(), 5))
