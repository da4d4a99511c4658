"""What programs call on a node beside `process`."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import logging
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remotemedia import AudioMixNode, Node, Pipeline
from remotemedia._state import NodeState, SessionState
from remotemedia.errors import PipelineError


class Own(Node):
    def __init__(self, rate: int = 8000, **kw: Any) -> None:
        super().__init__(**kw)
        self.rate = rate

    def process(self, value: Any) -> Any:
        return value

    def get_capabilities(self) -> dict[str, Any] | None:
        return {"gpu": {"type": "cuda", "min_memory_gb": 4.0}} if self.rate > 8000 else None


@dataclasses.dataclass(frozen=True)
class Frozen(Node):
    size: int = 3

    def process(self, value: Any) -> Any:
        return value


def test_a_manifest_of_one_node() -> None:
    assert Own(rate=16000, name="own").to_manifest() == {
        "id": "own",
        "node_type": "Own",
        "params": {"rate": 16000, "name": "own"},
        "entry": f"{Path(__file__).stem}:Own",
        "capabilities": {"gpu": {"type": "cuda", "min_memory_gb": 4.0}},
    }
    assert "capabilities" not in Own(rate=16000).to_manifest(include_capabilities=False)
    assert AudioMixNode(2).to_manifest() == {
        "id": "AudioMixNode",
        "node_type": "AudioMixNode",
        "params": {"channels": 2},
    }
    with pytest.raises(PipelineError) as caught:
        Own(callback=lambda: 1).to_manifest()
    assert caught.value.code == "RM108"


def test_configuration_and_text() -> None:
    node = Own(name="own", colour="red")
    assert node.get_config() == {"name": "own", "class": "Own", "config": {"colour": "red"}}
    assert repr(node) == "Own(name='own')"
    assert node.logger is logging.getLogger("Own")
    assert not node.is_streaming


def test_programs_may_assign_to_names_of_the_base_class() -> None:
    class Assigns(Own):
        def __init__(self) -> None:
            super().__init__()
            self.logger = logging.getLogger("mine")
            self.state = {"mine": 1}
            self.is_initialized = True

    node = Assigns()
    assert (node.logger.name, node.state, node.is_initialized) == ("mine", {"mine": 1}, True)
    node.cleanup()
    assert node.state == {"mine": 1}


@pytest.mark.parametrize("node", [Own(), Frozen()], ids=["own", "frozen"])
def test_hooks_of_the_base_class_may_be_called_or_awaited(node: Node) -> None:
    seen = []
    node.initialize()
    seen.append(node.is_initialized)
    node.cleanup()
    seen.append(node.is_initialized)

    async def awaited() -> None:
        await node.initialize()
        seen.append(node.is_initialized)
        await node.cleanup()
        seen.append(node.is_initialized)

    asyncio.run(awaited())
    assert seen == [True, False, True, False]


def test_metadata_is_parted_and_put_together() -> None:
    node = Own()
    about = {"session_id": "a"}
    pairs: list[tuple[Any, Any, Any]] = [
        (("text", about), "text", about),
        (("sound", 16000, about), ("sound", 16000), about),
        (("sound", 16000), ("sound", 16000), None),
        (("text", {"score": 1}), ("text", {"score": 1}), None),
        (about, about, None),
        ("text", "text", None),
    ]
    for value, data, metadata in pairs:
        assert node.split_data_metadata(value) == (data, metadata)
        assert node.merge_data_metadata(data, metadata) == value
    assert node.extract_session_id(about) == node.extract_session_id(("x", about)) == "a"
    assert node.extract_session_id("x") is None
    assert node.extract_session_id(("x", {})) is None


async def session_ids(state: NodeState) -> list[str]:
    return list(await state.get_all_sessions())


def test_state_of_sessions() -> None:
    async def main() -> None:
        node = Own(state_ttl=timedelta(hours=1), max_sessions=2)
        assert await node.get_session_state() is None
        node.set_session_id("a")
        assert node.get_session_id() == "a"
        first = await node.get_session_state()
        assert first is not None
        first.set("count", 1)
        first.update({"more": 2})
        assert await node.get_session_state("a") is first
        assert (first.get("count"), first.get("none", 0), first.data) == (1, 0, {"count": 1, "more": 2})
        await node.get_session_state("b")
        await node.get_session_state("a")
        await node.get_session_state("c")
        assert await session_ids(node.state) == ["a", "c"]
        assert await node.state.get_session("b") is None
        assert await node.state.delete_session("a")
        assert not await node.state.delete_session("a")
        first.clear()
        assert first.data == {}
        await node.state.clear_all_sessions()
        assert await session_ids(node.state) == []
        assert Own(enable_state=False).state is None
        assert await Own(enable_state=False).get_session_state("a") is None

    asyncio.run(main())


def test_idle_sessions_go() -> None:
    async def main() -> None:
        state = NodeState(default_ttl=0.05)
        await state.get_or_create_session("old")
        await asyncio.sleep(0.1)
        await state.get_or_create_session("new")
        assert await session_ids(state) == ["new"]
        assert await state.cleanup_expired_sessions() == 0

    asyncio.run(main())


def test_nodes_with_state_are_copied_and_pickled() -> None:
    async def main() -> None:
        node = Own(rate=1)
        session = await node.get_session_state("a")
        assert isinstance(session, SessionState)
        session.set("n", 1)
        for other in (copy.deepcopy(node), pickle.loads(pickle.dumps(node))):  # noqa: S301 - our own
            found = await other.get_session_state("a")
            assert found is not None
            assert found is not session
            assert found.get("n") == 1
            assert other._captured == {"rate": 1}

    asyncio.run(main())


def test_a_parameter_reaches_the_constructor_as_its_value_and_the_note_as_itself() -> None:
    p = Pipeline()
    rate = p.param("rate", 16000)
    node = Own(rate, nested=[rate])
    assert node.rate == 16000
    assert node.config == {"nested": [16000]}
    assert node._captured["rate"] is rate
    assert node._captured["nested"][0] is rate
