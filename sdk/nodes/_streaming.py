"""Nodes whose kernel keeps something back until later sound, or the end, completes it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from remotemedia.node import Node
from remotemedia.nodes._sound import Sound, kernel_of, planes

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Stream", "StreamingNode"]


class Stream(NamedTuple):
    """Sound of one kind: samples per second, and channels."""

    rate: int
    channels: int


class _Kernel(Protocol):
    """A kernel of `remotemedia._native` that works on a stream."""

    def process(self, samples: Any) -> Any: ...
    def flush(self) -> Any: ...


_K = TypeVar("_K", bound=_Kernel)


class StreamingNode(Node, Generic[_K]):
    """Runs one kernel for each stream; sound of another rate or number of channels ends a stream and begins another."""

    _kernel: _K | None = None
    _stream: Stream | None = None

    @abstractmethod
    def _start(self, stream: Stream) -> _K:
        """Make the kernel of a stream."""

    @abstractmethod
    def _give(self, made: Any, stream: Stream) -> Iterator[Sound]:
        """Give what a kernel made as sound."""

    def process(self, value: Sound) -> Iterator[Sound]:
        """Give what the sound completes.

        Raises:
            NodeError: RM606, the value is no sound.
        """
        samples, rate = planes(self, value)
        stream = Stream(rate, len(samples))
        if stream != self._stream:
            yield from self.flush()
            with kernel_of(self):
                self._kernel = self._start(stream)
            self._stream = stream
        if self._kernel is not None:
            yield from self._give(self._kernel.process(samples), stream)

    def flush(self) -> Iterator[Sound]:
        """Give what is left, and be ready for another stream."""
        if self._kernel is not None and self._stream is not None:
            kernel, stream = self._kernel, self._stream
            self._kernel = self._stream = None
            yield from self._give(kernel.flush(), stream)
