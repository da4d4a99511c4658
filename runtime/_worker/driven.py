"""A node that runs on an event loop: a `Driver` stands between it and the thread that speaks to the parent."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from remotemedia.runtime._worker.running import Answer
from remotemedia.runtime._worker.wire import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia.runtime._driver import Driver
    from remotemedia.runtime._host_node import HostNode
    from remotemedia.runtime._worker.running import Reply
    from remotemedia.runtime._worker.wire import Received

__all__ = ["Driven"]


class Driven:
    """Feeds an asynchronous node, and tells by what it has taken which packet its values are for.

    Args:
        node: the node, as the engine calls it.
        driver: of that node.
        numpy: whether arrays reach it as numpy's.
        reply: takes the answers.
    """

    def __init__(self, node: HostNode, driver: Driver, *, numpy: bool, reply: Reply) -> None:
        self.is_source = node.is_source
        self._node = node
        self._driver = driver
        self._numpy = numpy
        self._reply = reply
        self._origin = Origin()
        # Packets without a whole answer. Those that the driver was given come first.
        self._waiting: deque[Received] = deque()
        self._given = 0
        self._answered = 0  # packets that this driver is done with
        self._answer = Answer()
        self._own = False  # whether an answer is expected that is no packet's: of a source, or of the end

    def take(self, packets: Iterable[Received]) -> None:
        """Take packets and answer them; see `Called.take`."""
        self._waiting.extend(packets)
        self._go_on()

    def pull(self) -> None:
        """Go on with what is not finished, and with what waits behind it."""
        self._own = self._own or self.is_source
        self._go_on()

    def flush(self) -> None:
        """Give what the node has at the end of its input."""
        self._own = True
        self._origin = self._origin.after()
        self._driver.end()
        self._go_on()

    def restored(self) -> None:
        """A state was put into the node; what has not begun yet begins with it."""

    def close(self) -> None:
        """Let go of the node's calls."""
        self._driver.cancel()
        self._node.close()

    def _go_on(self) -> None:
        fresh = [packet.value(numpy=self._numpy) for packet in list(self._waiting)[self._given :]]
        if fresh:
            self._given += len(fresh)
            self._driver.give(fresh)
        try:
            while self._waiting or self._own:
                values, more = self._driver.take()
                for count, value in values:
                    self._advance(count)
                    self._answer.add(self._origin, value)
                if not more:
                    self._finish()
                elif self._answer.is_enough:
                    self._send(done=False)
                    return
        except BaseException:
            self._start_anew()
            raise

    def _advance(self, count: int) -> None:
        """The node has taken so many packets: those before the last of them are done with."""
        while self._waiting and self._answered + 1 < count:
            self._end_packet()
        if self._waiting and count:
            self._origin = self._waiting[0].origin

    def _finish(self) -> None:
        """The node waits to be given something, or has ended."""
        while self._given:
            self._end_packet()
        if self._own:
            self._own = False
            self._send(done=True)

    def _end_packet(self) -> None:
        self._origin = self._waiting.popleft().origin
        self._given -= 1
        self._answered += 1
        self._send(done=True)

    def _send(self, *, done: bool) -> None:
        answer, self._answer = self._answer, Answer()
        answer.done = done
        self._reply(answer)

    def _start_anew(self) -> None:
        """The node failed: the packet in its hand is done with; those behind it are for its next task."""
        self._advance(self._driver.taken)
        if self._waiting and self._given:
            self._origin = self._waiting.popleft().origin
        self._own = False
        self._answer = Answer()
        self._given = self._answered = 0
        driver = self._node.driver()
        if driver is not None:
            self._driver = driver
