"""What a type checker, and so an editor, makes of the public API; `make lint` checks it, running it costs nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any, assert_type

import remotemedia
from remotemedia import AudioTransform, DataSourceNode, Node, NodeError, Pipeline, RemoteExecutorConfig, VADNode
from remotemedia.core.node import Node as OldNode
from remotemedia.core.pipeline import Pipeline as OldPipeline


class Gain(Node):
    def __init__(self, factor: float = 2.0, **kw: Any) -> None:
        super().__init__(**kw)
        self.factor = factor

    def process(self, value: float) -> Iterator[float]:
        yield value * self.factor

    async def initialize(self) -> None:
        await super().initialize()

    def cleanup(self) -> None:
        super().cleanup()


class Streaming(Node):
    is_streaming = True

    async def process(self, stream: AsyncIterator[float]) -> AsyncIterator[float]:
        async for value in stream:
            yield value


async def _in_a_loop(pipeline: Pipeline) -> None:
    async with pipeline.managed_execution() as managed:
        assert_type(managed, Pipeline)
        assert_type(managed.process([1]), AsyncGenerator[Any, None])
    await pipeline.initialize()
    await pipeline.cleanup()


def test_classes_and_calls_have_types() -> None:
    pipeline = Pipeline("typed")
    assert_type(pipeline.add(Gain(factor=3.0)), Pipeline)
    assert_type(pipeline.add_node(Streaming()).nodes, tuple[Node, ...])
    assert_type(pipeline.get_node("Gain"), Node | None)
    assert_type(pipeline.get_metrics(), dict[str, Any] | None)
    assert_type(pipeline.serialize(), str)
    with pipeline.managed_execution() as managed:
        assert_type(managed, Pipeline)
    assert_type(Gain(), Gain)
    assert_type(NodeError("failed").partial, list[object])
    assert_type(remotemedia.RemoteExecutorConfig("a", 1), RemoteExecutorConfig)
    assert_type(AudioTransform(output_sample_rate=16000, name="a"), AudioTransform)
    assert_type(VADNode(energy_threshold=0.1), VADNode)
    assert_type(DataSourceNode(), DataSourceNode)
    assert_type(OldPipeline(name="old"), Pipeline)
    assert issubclass(Gain, OldNode)


def test_wrong_arguments_are_errors() -> None:
    """The `ignore`s are checked: mypy reports one that it does not need."""

    def wrong() -> None:
        Gain(factor="2")  # type: ignore[arg-type]
        AudioTransform(output_sample_rate="16000")  # type: ignore[arg-type]
        Pipeline("typed").add(3)  # type: ignore[arg-type]
        Pipeline("typed").nothing  # type: ignore[attr-defined]  # noqa: B018

    assert callable(wrong)
