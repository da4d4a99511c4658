"""Nodes written for another process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import pytest

from remotemedia import MultiplyNode, Node, PassThroughNode, RemoteExecutorConfig, RemoteObjectExecutionNode
from remotemedia.core.node_serialization import (
    MAX_SERIALIZED_SIZE_BYTES,
    SerializationError,
    deserialize_node_from_ipc,
    serialize_node_for_ipc,
)


class Colour(Enum):
    RED = "red"


class Range(NamedTuple):
    low: int
    high: int


@dataclass
class Settings:
    gain: float
    range: Range


class Everything(Node):
    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__()
        self.values = values
        self.named = named

    def process(self, value: Any) -> Any:
        return value


class Ready(Node):
    """Made ready by a coroutine."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)
        self.events: list[str] = []

    async def initialize(self) -> None:
        self.events.append("initialize")

    def process(self, value: Any) -> Any:
        return value


def same(node: Node) -> Any:
    return deserialize_node_from_ipc(serialize_node_for_ipc(node))


def test_a_node_comes_back_with_its_arguments() -> None:
    array = np.arange(6, dtype="f4").reshape(2, 3)
    given = {
        "array": array,
        "colour": Colour.RED,
        "settings": Settings(0.5, Range(1, 2)),
        "function": len,
        "inner": MultiplyNode(3.0, name="inner"),
        "config": RemoteExecutorConfig("gpu.example", 50052),
        "plain": {"a": (1, [2.5, None]), 3: b"bytes", "nan": float("inf"), "big": 10**30},
    }
    node = same(Everything(1, "two", **given))
    assert node.values == (1, "two")
    assert np.array_equal(node.named["array"], array)
    inner = node.named.pop("inner")
    assert (type(inner), inner.factor, inner.name) == (MultiplyNode, 3.0, "inner")
    rest = {key: value for key, value in given.items() if key not in {"array", "inner"}}
    assert {key: node.named[key] for key in rest} == rest


def test_another_process_makes_the_same_node() -> None:
    written = serialize_node_for_ipc(RemoteObjectExecutionNode(MultiplyNode(3.0)))
    code = (
        "import sys; from remotemedia.core.node_serialization import deserialize_node_from_ipc as read\n"
        "print(read(sys.stdin.buffer.read()).process(7))\n"
    )
    printed = subprocess.run([sys.executable, "-c", code], input=written, check=True, capture_output=True).stdout
    assert printed == b"21.0\n"


def test_a_node_is_made_ready() -> None:
    assert same(Ready()).events == ["initialize"]
    node = PassThroughNode()
    node.initialize()
    serialize_node_for_ipc(node)
    assert not node.is_initialized
    assert same(node).is_initialized


def test_what_cannot_be_written_names_the_node() -> None:
    def local() -> None: ...

    for argument in (lambda: 1, local, object(), sys.stdout, {"remotemedia.object": 1}):
        with pytest.raises(SerializationError) as caught:
            serialize_node_for_ipc(Everything(argument))
        assert (caught.value.code, caught.value.node_name) == ("RM108", "Everything")
        assert caught.value.reason == str(caught.value)
        assert caught.value.suggestion
    with pytest.raises(TypeError, match="expected a node"):
        serialize_node_for_ipc("node")  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff",
        b"\x80\x04\x95 a pickle",
        b'{"node":1}',
        b'{"node":{"remotemedia.object":"named","entry":"os:system"}}',
        b'{"node":{"remotemedia.object":"made","entry":"subprocess:Popen","arguments":{"args":"true"}}}',
        b'{"node":{"remotemedia.object":"made","entry":"no_such_module:A","arguments":{}}}',
        b'{"node":{"remotemedia.object":"made","entry":"remotemedia.nodes.base:BufferNode","arguments":{"x":{"$buf":9}}}}',
        b'{"node":{"remotemedia.object":"made","entry":"remotemedia.nodes.io:AudioMixer","arguments":{}}}',
    ],
)
def test_what_is_no_node_is_refused(written: bytes) -> None:
    with pytest.raises(SerializationError) as caught:
        deserialize_node_from_ipc(written)
    assert caught.value.code == "RM108"


def test_what_is_too_large_is_refused_unread() -> None:
    with pytest.raises(SerializationError, match="at most"):
        deserialize_node_from_ipc(bytes(MAX_SERIALIZED_SIZE_BYTES + 1))
