"""A node whose `process` is called: packets in, one answer for each."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Final, TypeAlias

from remotemedia.runtime._worker.wire import Origin, Received, encode
from remotemedia.values import encode as encode_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from remotemedia.runtime._host_node import HostNode

__all__ = ["Answer", "Called", "Reply"]

_END: Final = object()
# What is emitted as it is, without asking whether it has to be run first.
_PLAIN: Final = frozenset({type(None), str, bytes, int, float, bool, list, dict, tuple})

# Takes what came of a packet.
Reply: TypeAlias = "Callable[[Answer], None]"

# A call gives back what a generator has yielded when one of these is reached: packets, bytes, seconds.
_PACKETS: Final = 32
_BYTES: Final = 1 << 20
_SECONDS: Final = 0.005


class Answer:
    """What came of one packet, as far as it has been asked for.

    Attributes:
        done: whether that is all.
        parts: the packets, each as a length and its message.
        count: how many there are.
        size: about as many bytes.
    """

    def __init__(self) -> None:
        self.done = False
        self.parts: list[bytes | memoryview] = []
        self.count = 0
        self.size = 0

    def add(self, origin: Origin, value: object) -> None:
        """Put a value in; None is dropped.

        Raises:
            UnsupportedValueError: it cannot travel.
        """
        body = encode_value(value)
        if body is not None:
            self.parts += encode(origin, body)
            self.count += 1
            self.size += memoryview(body.data).nbytes + len(body.head)

    @property
    def is_enough(self) -> bool:
        """Whether the rest should wait until it is asked for."""
        return self.count >= _PACKETS or self.size >= _BYTES


class Called:
    """Calls a node whose `process` is a plain function or a generator; what it gives may have to be awaited still.

    Args:
        node: the node, as the engine calls it.
        numpy: whether arrays reach it as numpy's.
        reply: takes the answers.
    """

    def __init__(self, node: HostNode, *, numpy: bool, reply: Reply) -> None:
        self.is_source = node.is_source
        self._node = node
        self._run, self._process, self._flush, self._later = node.calls()
        self._numpy = numpy
        self._reply = reply
        self._origin = Origin()
        self._waiting: deque[Received] = deque()
        self._values: Iterator[object] | None = None
        self._unstarted = node.is_source

    def take(self, packets: Iterable[Received]) -> None:
        """Take packets and answer them, until one has more to give than is asked for at once.

        Raises:
            BaseException: what the node raised for the first packet that is not answered; that one is done with.
        """
        self._waiting.extend(packets)
        self._go_on()

    def pull(self) -> None:
        """Go on with what is not finished, and with what waits behind it."""
        if self._unstarted:
            self._unstarted = False
            self._values = self._given(self._run(self._process))
        elif self.is_source and self._values is None:
            self._values = iter(())
        self._go_on()

    def flush(self) -> None:
        """Give what the node has at the end of its input."""
        self._origin = self._origin.after()
        self._values = iter(()) if self._flush is None else self._given(self._run(self._flush))
        self._go_on()

    def restored(self) -> None:
        """A state was put into the node: a source does not begin again."""
        self._unstarted = False

    def close(self) -> None:
        """Let go of the node's calls."""
        close = getattr(self._values, "close", None)
        if close is not None:
            close()
        self._node.cancel()
        self._node.close()

    def _go_on(self) -> None:
        while self._values is not None or self._waiting:
            if self._values is None:
                packet = self._waiting.popleft()
                self._origin = packet.origin
                given = self._run(self._process, packet.value(numpy=self._numpy))
                if type(given) in _PLAIN:
                    self._answer(given)
                    continue
                self._values = self._given(given)
            if not self._drain(self._values):
                return

    def _answer(self, value: object) -> None:
        answer = Answer()
        answer.done = True
        answer.add(self._origin, value)
        self._reply(answer)

    def _given(self, given: object) -> Iterator[object]:
        """Give the values of what a call gave."""
        if given is None:
            return iter(())
        if isinstance(given, Generator):
            return self._stepwise(given)
        later = self._later(given)
        return iter((given,)) if later is None else later

    def _stepwise(self, values: Generator[object, None, object]) -> Iterator[object]:
        try:
            while (value := self._run(next, values, _END)) is not _END:
                yield value
        finally:
            values.close()

    def _drain(self, values: Iterator[object]) -> bool:
        """Answer with what the call in hand gives; whether that was all."""
        answer, until = Answer(), time.monotonic() + _SECONDS
        try:
            for value in values:
                answer.add(self._origin, value)
                if answer.is_enough or time.monotonic() >= until:
                    self._reply(answer)
                    return False
        except BaseException as error:
            self._values = None
            if not answer.count:
                raise
            # What was given before goes its way first.
            self._values = _raising(error)
            self._reply(answer)
            return False
        self._values = None
        answer.done = True
        self._reply(answer)
        return True


def _raising(error: BaseException) -> Iterator[object]:
    yield None
    raise error
