"""Nodes whose kernel keeps something back until later sound, or the end, completes it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from remotemedia.node import Node
from remotemedia.nodes._sound import Heard, Sound, hear, kernel_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterator

__all__ = ["CuttingNode", "is_stream"]


class _Kernel(Protocol):
    """A kernel of `remotemedia._native` that cuts a stream into pieces."""

    def process(self, samples: Any, /) -> list[Any]: ...
    def flush(self) -> list[Any]: ...


_K = TypeVar("_K", bound=_Kernel)


def is_stream(value: object) -> bool:
    """Whether a value is a whole stream of values, to be taken one after another."""
    return hasattr(value, "__aiter__")


class CuttingNode(Node, Generic[_K]):
    """Runs one kernel for each stream; sound of another kind ends a stream and begins another."""

    _kernel: _K | None = None
    _last: Heard | None = None

    @abstractmethod
    def _start(self, sound: Heard) -> _K:
        """Make the kernel of a stream that begins with this sound."""

    def _hear(self, value: Any) -> Heard:
        """Return the sound of a value."""
        return hear(self, value)

    @overload
    def process(self, value: Sound) -> Iterator[Sound]: ...
    @overload
    def process(self, value: AsyncIterable[Sound]) -> AsyncIterator[Sound]: ...
    def process(self, value: Any) -> Any:
        """Give the pieces that a sound completes, or those of a whole stream of sounds.

        Raises:
            NodeError: RM606, the value is no sound.
        """
        return self._over(value) if is_stream(value) else self._pieces(value)

    def flush(self) -> Iterator[Sound]:
        """Give what is left, and be ready for another stream."""
        if self._kernel is not None and self._last is not None:
            kernel, last = self._kernel, self._last
            self._kernel = self._last = None
            for piece in kernel.flush():
                yield last.given(piece, dtype=last.dtype)

    async def _over(self, stream: AsyncIterable[Sound]) -> AsyncIterator[Sound]:
        async for value in stream:
            for piece in self._pieces(value):
                yield piece
        for piece in self.flush():
            yield piece

    def _pieces(self, value: Sound) -> Iterator[Sound]:
        sound = self._hear(value)
        if self._last is None or _kind(sound) != _kind(self._last):
            yield from self.flush()
            with kernel_of(self):
                self._kernel = self._start(sound)
        self._last = sound._replace(samples=b"")
        if self._kernel is not None:
            for piece in self._kernel.process(sound.samples):
                yield sound.given(piece, dtype=sound.dtype)


def _kind(sound: Heard) -> tuple[str, int, int]:
    return sound.dtype, sound.rate, sound.channels
