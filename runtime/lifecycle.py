"""Before the first value and after the last: `initialize` and `cleanup` of all nodes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from remotemedia.errors import NodeError, RemoteMediaError
from remotemedia.node import DONE, Done, Node

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Sequence

    from remotemedia.runtime.place import Place

__all__ = ["Lifecycle", "running_loop"]


class Lifecycle:
    """Makes nodes ready for values, and lets them go.

    Plain hooks are called at once. What a hook leaves to be awaited is awaited on the event loop: on the caller's by
    the awaitable that is returned, on one of the run's own before this returns.

    Args:
        nodes: in the order in which they are made ready; they are let go in the opposite one.
        place: where hooks are awaited, and where the nodes run.
    """

    def __init__(self, nodes: Sequence[Node], place: Place) -> None:
        self.place = place
        self.started: Awaitable[None] = DONE
        self.failed = False
        self._nodes = nodes
        self._ready: list[Node] = []

    def holds(self, node: Node) -> bool:
        """Whether the node is ready, or being made so, by this."""
        return not self.failed and any(other is node for other in self._nodes)

    def start(self) -> Awaitable[None]:
        """Call and await `initialize` of every node; let go of those that are ready where one fails.

        Raises:
            NodeError: RM601 or the node's own code, a node failed; its exception is the cause.
        """
        self.started = self._settled(self._starting())
        return self.started

    def stop(self, *, close: bool = False) -> Awaitable[None]:
        """Call and await `cleanup` of every node that was made ready.

        Args:
            close: whether the place is closed then.

        Raises:
            NodeError: RM602 or the node's own code, a node failed; the others were let go all the same.
        """
        try:
            return self._settled(self._stopping())
        finally:
            if close:
                self.place.close()

    def _starting(self) -> Generator[Awaitable[Any], None, None]:
        for node in self._nodes:
            try:
                yield from _hook(node.initialize)
            except BaseException as error:
                self.failed = True
                try:
                    yield from self._stopping()
                except NodeError as other:
                    error.add_note(f"and then {other}")
                if isinstance(error, Exception):
                    raise _failed(node, "initialize", "RM601", error) from error
                raise
            self._ready.append(node)

    def _stopping(self) -> Generator[Awaitable[Any], None, None]:
        failure: NodeError | None = None
        while self._ready:
            node = self._ready.pop()
            try:
                yield from _hook(node.cleanup)
            except Exception as error:  # noqa: BLE001 - the others must be let go first
                if failure is None:
                    failure = _failed(node, "cleanup", "RM602", error)
                    failure.__cause__ = error
                else:
                    failure.add_note(f"and then node `{node.name}`: {error}")
        if failure is not None:
            raise failure

    def _settled(self, steps: Generator[Awaitable[Any], None, None]) -> Awaitable[None]:
        """Go through the steps, as far as it can be done without waiting."""
        first = next(steps, None)
        if first is None:
            return DONE
        if self.place.caller is not None:
            return self.place.start(_await_all(first, steps))
        self.place.wait(_await_all(first, steps))
        return DONE


def _hook(hook: Callable[[], Any]) -> Generator[Awaitable[Any], None, None]:
    """Call a hook; give what is to be awaited of it, and be thrown what awaiting that raised."""
    given = hook()
    if given is not None and not isinstance(given, Done) and hasattr(given, "__await__"):
        yield given


async def _await_all(step: Awaitable[Any], steps: Generator[Awaitable[Any], None, None]) -> None:
    while True:
        raised: BaseException | None = None
        try:
            await step
        except BaseException as error:  # noqa: BLE001 - the steps decide what becomes of it
            raised = error
        try:
            step = next(steps) if raised is None else steps.throw(raised)
        except StopIteration:
            return


def _failed(node: Node, call: str, code: str, error: BaseException) -> NodeError:
    """Return the failure of a hook: what a node says of its own failure stays, else it has this code."""
    message = f"node `{node.name}` failed in {call}: {type(error).__name__}: {error}"
    details: dict[str, Any] = {"node": node.name, "call": call}
    if isinstance(error, RemoteMediaError):
        return NodeError(message, code=error.code, hint=error.hint, **(error.details | details))
    return NodeError(message, code=code, **details)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs in this thread, if there is one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
