"""Nodes and clients of executors on other machines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from remotemedia import (
    AddNode,
    BufferNode,
    HFPipelineNode,
    Node,
    PassThroughNode,
    Pipeline,
    RemoteExecutionError,
    RemoteExecutionNode,
    RemoteExecutorConfig,
    RemoteMediaError,
    RemoteObjectExecutionNode,
)
from remotemedia.remote.client import RemoteExecutionClient
from remotemedia.remote.proxy_client import RemoteProxyClient

GPU = RemoteExecutorConfig(host="gpu.example", port=50052)


class Counted(Node):
    """Streams, and counts its life's events."""

    is_streaming = True

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)
        self.events: list[str] = []

    async def initialize(self) -> None:
        self.events.append("initialize")

    async def cleanup(self) -> None:
        self.events.append("cleanup")

    async def process(self, stream: AsyncIterator[int]) -> AsyncIterator[int]:
        total = 0
        async for value in stream:
            total += value
            yield total


@pytest.mark.parametrize(
    ("node", "said", "remedy"),
    [
        (HFPipelineNode("tts", host="ai.example:9000"), "`ai.example:9000` for the pipeline `tts`", "leave out"),
        (HFPipelineNode("tts", remote_config=GPU), "`gpu.example:50052` for the pipeline `tts`", "leave out"),
        (HFPipelineNode("tts", remote_ref="oci://r.example/tts:1"), "oci://r.example/tts:1", "remotemedia run"),
        (HFPipelineNode("tts"), "a host for the pipeline `tts`", "host="),
        (RemoteExecutionNode("Upscale", GPU), "`gpu.example:50052` for the node `Upscale`", "leave out"),
        (RemoteExecutionNode("Upscale"), "a host for the node `Upscale`", "host="),
        (RemoteObjectExecutionNode(AddNode(name="add"), GPU), "`gpu.example:50052` for the node `add`", "leave out"),
    ],
)
def test_what_is_elsewhere_is_unreachable(node: Any, said: str, remedy: str) -> None:
    with pytest.raises(RemoteExecutionError, match="remote unreachable") as caught:
        node.process(1)
    assert said in str(caught.value)
    assert remedy in (caught.value.hint or "")
    assert (caught.value.code, caught.value.details["node"]) == ("RM618", node.name)


def test_a_run_that_needs_another_machine_says_so() -> None:
    with pytest.raises(RemoteMediaError, match=r"gpu\.example:50052"):
        Pipeline([RemoteObjectExecutionNode(AddNode(1), GPU)]).run([1])


def test_without_a_place_the_object_runs_here() -> None:
    assert Pipeline([RemoteObjectExecutionNode(obj_to_execute=AddNode(1))]).run([1, 2]) == [2, 3]
    assert Pipeline([RemoteObjectExecutionNode(BufferNode(2))]).run([1, 2, 3]) == [[1, 2], [3]]


def test_the_object_lives_as_it_would_alone() -> None:
    counted = Counted()
    assert Pipeline([RemoteObjectExecutionNode(counted)]).run([1, 2, 3]) == [1, 3, 6]
    assert counted.events == ["initialize", "cleanup"]


def test_an_object_of_another_kind_needs_a_process_only() -> None:
    class Plain:
        def process(self, value: int) -> int:
            return -value

    assert Pipeline([RemoteObjectExecutionNode(Plain())]).run([1]) == -1
    with pytest.raises(ValueError, match="a method `process`"):
        RemoteObjectExecutionNode(object())


def test_the_place_stands_in_the_manifest() -> None:
    pipeline = Pipeline("assistant")
    pipeline.add(HFPipelineNode("stt", host="ai.example:9000"))
    pipeline.add(RemoteObjectExecutionNode(obj_to_execute=PassThroughNode(), remote_config=GPU))
    pipeline.add(RemoteExecutionNode("Upscale", remote_ref="oci://r.example/up:1"))
    nodes = pipeline.to_manifest()["nodes"]
    assert [node["id"] for node in nodes] == ["stt", "RemoteObjectExecutionNode", "RemoteExecutionNode"]
    assert [node.get("host") for node in nodes] == ["ai.example:9000", "gpu.example:50052", None]
    assert nodes[1]["params"]["obj_to_execute"] == {"$node": {"node_type": "PassThroughNode", "params": {}}}
    assert nodes[2]["remote_ref"] == "oci://r.example/up:1"


def test_clients_say_which_executor_is_unreachable() -> None:
    async def calls() -> None:
        client, proxies = RemoteExecutionClient(GPU), RemoteProxyClient(GPU)
        for call in (
            client.connect,
            client.__aenter__,
            lambda: client.execute_node("Upscale", {}, 1),
            lambda: client.execute_object_method([], "append", [1]),
            lambda: proxies.create_proxy([]),
        ):
            with pytest.raises(RemoteExecutionError, match=r"`gpu\.example:50052`") as caught:
                await call()
            assert caught.value.code == "RM618"
        with pytest.raises(RemoteExecutionError, match="Upscale"):
            client.stream_node("Upscale", {}, [])  # type: ignore[arg-type]  # it is refused unread
        await client.disconnect()

    asyncio.run(calls())
