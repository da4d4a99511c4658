"""When nodes are made ready and let go, whatever their hooks are, and what may be done in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from remotemedia import Node, Pipeline
from remotemedia.errors import NodeError, PipelineError, RemoteExecutionError

LOG: list[str] = []


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    LOG.clear()


class Plain(Node):
    """Hooks that are plain functions, as programs for one SDK have them."""

    def initialize(self) -> None:
        super().initialize()
        LOG.append(f"+{self.name}")

    def process(self, value: Any) -> Any:
        LOG.append(f"{self.name}:{value}")
        return value

    def cleanup(self) -> None:
        super().cleanup()
        LOG.append(f"-{self.name}")


class Awaited(Node):
    """Hooks that are coroutines, as programs for another have them."""

    async def initialize(self) -> None:
        await super().initialize()
        await asyncio.sleep(0)
        LOG.append(f"+{self.name}")

    async def process(self, value: Any) -> Any:
        LOG.append(f"{self.name}:{value}")
        return value

    async def cleanup(self) -> None:
        await super().cleanup()
        LOG.append(f"-{self.name}")


def both() -> Pipeline:
    return Pipeline([Plain(name="a"), Awaited(name="b")])


ALL = ["+a", "+b", "a:1", "b:1", "-b", "-a"]


def test_a_run_makes_ready_and_lets_go() -> None:
    p = both()
    assert p.run(1) == 1
    assert ALL == LOG
    assert not p.is_initialized
    assert not any(node.is_initialized for node in p.nodes)


def test_so_does_a_run_that_is_awaited() -> None:
    async def main() -> Any:
        return await both().run(1)

    assert asyncio.run(main()) == 1
    assert ALL == LOG


def test_so_does_a_stream() -> None:
    async def main() -> list[Any]:
        return [value async for value in both().process([1])]

    assert asyncio.run(main()) == [1]
    assert ALL == LOG


def test_initialize_acts_at_once_where_nothing_is_awaited() -> None:
    p = Pipeline([Plain(name="a")])
    p.initialize()
    ready = [p.is_initialized, p.nodes[0].is_initialized]
    p.cleanup()
    assert [*ready, p.is_initialized, p.nodes[0].is_initialized] == [True, True, False, False]
    assert LOG == ["+a", "-a"]


def test_initialize_outside_a_loop_awaits_by_itself_and_keeps_the_loop_for_the_run() -> None:
    class Bound(Node):
        async def initialize(self) -> None:
            self.loop = asyncio.get_running_loop()

        async def process(self, value: Any) -> Any:
            return self.loop is asyncio.get_running_loop()

    p = Pipeline([Bound()])
    p.initialize()
    assert p.run(1) is True
    assert p.run(1) is True
    p.cleanup()


def test_initialize_and_cleanup_are_awaited_in_a_loop() -> None:
    async def main() -> None:
        p = both()
        await p.initialize()
        await p.initialize()
        assert LOG == ["+a", "+b"]
        assert await p.run(1) == 1
        assert [value async for value in p.process([1])] == [1]
        await p.cleanup()
        await p.cleanup()

    asyncio.run(main())
    assert LOG == ["+a", "+b", "a:1", "b:1", "a:1", "b:1", "-b", "-a"]


def test_managed_execution_with_async_with() -> None:
    async def main() -> None:
        async with both().managed_execution() as p:
            assert p.is_initialized
            assert await p.run(1) == 1

    asyncio.run(main())
    assert ALL == LOG


def test_managed_execution_with_plain_with() -> None:
    with both().managed_execution() as p:
        assert p.run(1) == 1
    assert ALL == LOG


def test_managed_execution_with_plain_with_in_a_loop() -> None:
    async def main() -> None:
        with both().managed_execution() as p:
            assert [value async for value in p.process([1])] == [1]
        await asyncio.sleep(0.01)

    asyncio.run(main())
    assert ALL == LOG


def test_nodes_are_let_go_after_an_error_too() -> None:
    class Fails(Plain):
        def process(self, value: Any) -> Any:
            raise ValueError(value)

    with pytest.raises(NodeError):
        Pipeline([Awaited(name="a"), Fails(name="b")]).run(1)
    assert LOG == ["+a", "+b", "a:1", "-b", "-a"]


@pytest.mark.parametrize("form", [Plain, Awaited])
def test_a_node_that_cannot_be_made_ready(form: type[Node]) -> None:
    class Fails(form):  # type: ignore[valid-type,misc]
        def initialize(self) -> Any:
            async def later() -> None:
                raise OSError("no device")

            if form is Awaited:
                return later()
            raise OSError("no device")

    p = Pipeline([Plain(name="a"), Fails(name="b"), Plain(name="c")])
    with pytest.raises(NodeError, match="node `b` failed in initialize: OSError: no device") as caught:
        p.run(1)
    assert caught.value.code == "RM601"
    assert caught.value.node == "b"
    assert isinstance(caught.value.__cause__, OSError)
    assert LOG == ["+a", "-a"]

    async def main() -> None:
        with pytest.raises(NodeError, match="no device"):
            await p.initialize()
        assert not p.is_initialized

    asyncio.run(main())
    with pytest.raises(NodeError, match="no device"):
        p.initialize()
    assert not p.is_initialized


def test_a_node_that_cannot_be_let_go_keeps_no_other() -> None:
    class Fails(Awaited):
        async def cleanup(self) -> None:
            raise OSError("busy")

    with pytest.raises(NodeError, match="`b` failed in cleanup: OSError: busy") as caught:
        Pipeline([Plain(name="a"), Fails(name="b"), Awaited(name="c")]).run(1)
    assert caught.value.code == "RM602"
    assert LOG[-2:] == ["-c", "-a"]


def test_an_initialized_pipeline_does_not_change() -> None:
    p = Pipeline([Plain(name="a")])
    p.initialize()
    changes: list[Callable[[], object]] = [
        lambda: p.add_node(Plain()),
        lambda: p.add(Plain()),
        lambda: p.remove_node("a"),
    ]
    changes.append(lambda: p.connect(p.nodes[0], p.nodes[0]))
    for change in changes:
        with pytest.raises(PipelineError) as caught:
            change()
        assert caught.value.code == "RM703"
    p.cleanup()
    assert p.add_node(Plain()) is p


def test_an_empty_pipeline_is_not_initialized() -> None:
    with pytest.raises(PipelineError) as caught:
        Pipeline().initialize()
    assert caught.value.code == "RM703"


def test_state_of_sessions_lives_as_long_as_the_node_is_ready() -> None:
    class Counts(Node):
        async def process(self, value: Any) -> Any:
            session = await self.get_session_state(self.extract_session_id(value))
            assert session is not None
            session.set("count", session.get("count", 0) + 1)
            return session.get("count")

    values = [{"session_id": "a"}, {"session_id": "b"}, ("text", {"session_id": "a"})]
    p = Pipeline([Counts()])
    assert p.run(values) == [1, 1, 2]
    assert p.run(values) == [1, 1, 2]
    with p.managed_execution():
        p.run(values)
        assert p.run(values) == [3, 2, 4]


def test_a_node_may_run_a_pipeline_of_its_own() -> None:
    class Inner(Node):
        async def process(self, value: int) -> Any:
            return await Pipeline([Awaited(name="x")]).run([value, value + 1])

    class InnerStream(Node):
        async def process(self, value: int) -> AsyncIterator[Any]:
            async for each in Pipeline([Awaited(name="y")]).process([value]):
                yield each

    class InnerPlain(Node):
        def process(self, value: Any) -> Any:
            return Pipeline([Awaited(name="z")]).run(value)

    assert Pipeline([Inner(), InnerStream(), InnerPlain()]).run(1) == [1, 2]


@pytest.mark.parametrize("call", ["initialize", "process", "flush", "cleanup"])
@pytest.mark.parametrize("awaited", [False, True], ids=["plain", "awaited"])
def test_what_a_node_says_of_its_own_failure_stays(call: str, awaited: bool) -> None:
    def fail(*_: Any) -> None:
        raise RemoteExecutionError("expected a server, got none", hint="start it", place="a:1")

    async def fail_later(*_: Any) -> None:
        fail()

    class Same(Node):
        def process(self, value: Any) -> Any:
            return value

    failing = type("Remote", (Same,), {call: fail_later if awaited else fail})
    with pytest.raises(NodeError) as caught:
        Pipeline([Same(), failing()]).run([1, 2])
    error = caught.value
    assert (error.code, error.hint, error.node) == ("RM618", "start it", "Remote")
    assert (error.details["call"], error.details["place"]) == (call, "a:1")
    assert isinstance(error.__cause__, RemoteExecutionError)
