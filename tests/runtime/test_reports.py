"""What a run says of itself: its errors, with what was ready before, and its metrics."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest

from remotemedia import AudioSource, Node, Pipeline
from remotemedia.errors import NodeError, PipelineError, RemoteMediaError


class Same(Node):
    def process(self, value: Any) -> Any:
        return value


class Later(Node):
    async def process(self, value: Any) -> Any:
        await asyncio.sleep(0)
        return value


class Streaming(Node):
    is_streaming = True

    async def process(self, stream: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for value in stream:
            yield value


class Ten(Node):
    def process(self) -> Iterator[int]:
        yield from range(10)


def test_what_a_generator_gave_before_it_failed_is_not_lost() -> None:
    class Fails(Node):
        def process(self, value: int) -> Iterator[int]:
            yield value
            yield value * 10
            if value == 2:
                raise KeyError(value)

        def flush(self) -> Iterator[int]:
            yield 0
            raise KeyError("end")

    for values, partial, call in ([1, 2, 3], [1, 10, 2, 20], "process"), ([1], [1, 10, 0], "flush"):
        for nodes in ([Fails()], [Fails(), Same()], [Same(), Fails(), Later()]):
            with pytest.raises(NodeError) as caught:
                Pipeline(nodes).run(values)
            error = caught.value
            assert (error.node, error.partial, error.details["call"]) == ("Fails", partial, call)
            assert isinstance(error.__cause__, KeyError)


def test_an_error_names_the_type_and_size_of_an_object() -> None:
    class Fails(Node):
        def process(self, value: Any) -> Any:
            raise RuntimeError

    for value, summary in (7, "`int`"), ([1, 2], "`list`, length 2"), (np.zeros((2, 3)), "`ndarray`, shape [2, 3]"):
        with pytest.raises(NodeError) as caught:
            Pipeline([Same(), Fails()]).run([value])
        assert caught.value.input == f"object of type {summary}"


def test_an_exception_without_words_is_told_all_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    class WordlessError(Exception):
        def __str__(self) -> str:
            raise ValueError

    class Fails(Node):
        def process(self, value: Any) -> Any:
            raise WordlessError

    with pytest.raises(NodeError, match="its message cannot be given"):
        Pipeline([Fails()]).run(1)
    assert capfd.readouterr() == ("", "")


def test_the_exception_of_the_callers_stream_is_the_cause() -> None:
    async def fails() -> AsyncIterator[int]:
        yield 1
        raise OSError("unplugged")

    async def collect(got: list[int]) -> None:
        async for value in Pipeline([Same(), Later()]).process(fails()):
            got.append(value)  # noqa: PERF401 - what came before the failure counts

    got: list[int] = []
    with pytest.raises(PipelineError) as caught:
        asyncio.run(collect(got))
    assert (caught.value.code, got) == ("RM612", [1])
    assert isinstance(caught.value.__cause__, OSError)


def test_executions_are_counted_by_value_in_every_form() -> None:
    pipeline = Pipeline([Ten(), Same(), Later(), Streaming()])
    pipeline.run()
    metrics = pipeline.get_metrics()
    assert metrics is not None
    assert [node["execution_count"] for node in metrics["node_metrics"]] == [10, 10, 10, 10]
    for node in metrics["node_metrics"]:
        assert node["avg_duration_us"] == pytest.approx(node["total_duration_us"] / 10)


def test_a_source_of_sound_without_any_is_told() -> None:
    with pytest.raises(PipelineError) as caught:
        Pipeline("silent").add(AudioSource()).run()
    assert caught.value.code == "RM703"
    assert "AudioSource" in caught.value.message


def test_a_device_that_cannot_be_heard_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)  # as where the extra is not installed
    with pytest.raises(RemoteMediaError) as caught:
        Pipeline("deaf").add(AudioSource(device="default")).run()
    assert caught.value.code == "RM617"
    assert "remotemedia[devices]" in (caught.value.hint or "")
