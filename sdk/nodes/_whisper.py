"""Words of a stream of speech, from windows of sound that grow as the stream goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

__all__ = ["RATE", "Growth", "Transcript", "WordUpdate"]

RATE: Final = 16_000  # Hz, of Whisper's models
_SAME: Final = 0.02  # seconds: the step of Whisper's timestamps


class WordUpdate(NamedTuple):
    """One word.

    Attributes:
        word: its text.
        start: when it begins, in seconds from the beginning of the stream.
        end: when it ends.
        confidence: 0 to 1; 1 where the model does not say.
        is_final: whether the stream has ended.
        segment_id: the window it was heard in, from 0.
        word_index: its place among the window's words, from 0.
    """

    word: str
    start: float
    end: float
    confidence: float
    is_final: bool
    segment_id: int
    word_index: int


@dataclass(frozen=True)
class Growth:
    """How long windows are, in seconds.

    Attributes:
        initial: the first one.
        maximum: the longest.
        factor: from one to the next.
        overlap: the end of a window that is heard again in the next, because a word may be cut there.
    """

    initial: float
    maximum: float
    factor: float
    overlap: float


class Transcript:
    """The words of one stream.

    Args:
        transcribe: gives the words of mono sound at 16 kHz, as `(text, start, end)` in seconds.
        growth: how long windows are.
    """

    def __init__(self, transcribe: Callable[[Samples], list[tuple[str, float, float]]], growth: Growth) -> None:
        self._transcribe = transcribe
        self._growth = growth
        self._length = growth.initial
        self._blocks: list[Samples] = []
        self._samples = 0
        self._begin = 0  # of the window, in samples of the stream
        self._segment = 0
        self._said = 0.0  # when the last word ended, in seconds of the stream

    def hear(self, samples: Samples) -> Iterator[WordUpdate]:
        """Give the words that the sound completes; the sound is mono, at 16 kHz."""
        self._blocks.append(samples)
        self._samples += len(samples)
        while self._samples >= self._length * RATE:
            yield from self._window(max(self._length - self._growth.overlap, self._length / 2), is_final=False)

    def end(self) -> Iterator[WordUpdate]:
        """Give the words that are left."""
        if self._samples:
            yield from self._window(self._samples / RATE, is_final=True)

    def _window(self, certain: float, *, is_final: bool) -> Iterator[WordUpdate]:
        """Give the words that end within the certain part of the window, and begin the next one behind them."""
        import numpy as np  # noqa: PLC0415 - constructing a node must not load it

        sound = np.concatenate(self._blocks)
        begin = self._begin / RATE
        # The end of the last word may still be heard where the window begins.
        heard = [word for word in self._transcribe(sound) if begin + word[2] > self._said + _SAME]
        words = [word for word in heard if is_final or word[2] <= certain]
        for index, (text, start, end) in enumerate(words):
            yield WordUpdate(text, begin + start, begin + end, 1.0, is_final, self._segment, index)
            self._said = begin + end
        # The next window begins with the first word that may have been cut, unless that is all that was heard.
        cut = min((start for _, start, end in heard if end > certain), default=certain)
        used = round((cut if self._growth.overlap < cut < certain else certain) * RATE)
        self._blocks, self._samples = [sound[used:]], len(sound) - used
        self._begin += used
        self._segment += 1
        self._length = min(self._length * self._growth.factor, self._growth.maximum)
