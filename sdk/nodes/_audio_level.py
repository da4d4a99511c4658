"""How loud sound is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from remotemedia.node import Node
from remotemedia.nodes._sound import Sound, hear, kernel_of
from remotemedia.nodes._streaming import is_stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

    from remotemedia._native import Gate

__all__ = ["AudioGainNode", "AudioGateNode"]


class AudioGainNode(Node):
    """Makes sound louder or quieter; what exceeds full scale is not clipped.

    Args:
        gain_db: how much louder, -120 to 60 dB.
        kw: arguments of `Node`.
    """

    def __init__(self, gain_db: float = 0.0, **kw: Any) -> None:
        super().__init__(**kw)
        self.gain_db = gain_db

    def process(self, value: Sound) -> Sound:
        """Return the sound as float32; a dict beside it stays.

        Raises:
            NodeError: RM606, the value is no sound; RM601, the parameter cannot be used.
        """
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        sound = hear(self, value)
        with kernel_of(self):
            return sound.given(_native.gain(sound.floats(), self.gain_db))


class AudioGateNode(Node):
    """Makes silence of what is quieter than a threshold.

    The gate opens with the first sample of any channel whose magnitude reaches the threshold, and begins to close when
    none has for `hold_ms`. It opens and closes in a straight line, all channels together, and is closed at the start.

    Args:
        threshold_db: -120 to 0 dB of full scale.
        attack_ms: from closed to open, in ms.
        release_ms: from open to closed, in ms.
        hold_ms: from the last loud sample to the beginning of the release, in ms.
        kw: arguments of `Node`.
    """

    is_streaming = True

    _gate: Gate | None = None
    _rate: int | None = None

    def __init__(
        self,
        threshold_db: float = -40.0,
        attack_ms: float = 2.0,
        release_ms: float = 100.0,
        hold_ms: float = 50.0,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.threshold_db = threshold_db
        self.attack_ms = attack_ms
        self.release_ms = release_ms
        self.hold_ms = hold_ms

    @overload
    def process(self, value: Sound) -> Sound: ...
    @overload
    def process(self, value: AsyncIterable[Sound]) -> AsyncIterator[Sound]: ...
    def process(self, value: Any) -> Any:
        """Gate a sound as the next of a stream, or all those of a whole stream; as float32, a dict beside it stays.

        Raises:
            NodeError: RM606, the value is no sound; RM601, the parameters cannot be used.
        """
        return self._over(value) if is_stream(value) else self._gated(value)

    def flush(self) -> None:
        """Be ready for another stream; nothing is kept back."""
        self._gate = self._rate = None

    async def _over(self, stream: AsyncIterable[Sound]) -> AsyncIterator[Sound]:
        async for value in stream:
            yield self._gated(value)
        self.flush()

    def _gated(self, value: Sound) -> Sound:
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        sound = hear(self, value)
        with kernel_of(self):
            if self._gate is None or self._rate != sound.rate:
                self._gate = _native.Gate(sound.rate, self.threshold_db, self.attack_ms, self.release_ms, self.hold_ms)
                self._rate = sound.rate
            return sound.given(self._gate.process(sound.floats(), sound.channels))
