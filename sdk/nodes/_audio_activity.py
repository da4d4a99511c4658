"""Where there is speech."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from remotemedia.node import Node
from remotemedia.nodes._sound import Sound, hear, kernel_of
from remotemedia.nodes._streaming import is_stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

    from remotemedia._native import VoiceDetector
    from remotemedia.nodes._sound import Heard

__all__ = ["VADNode", "VoiceActivityDetector"]


class VADNode(Node):
    """Counts the stretches that are louder than a threshold: `(array, rate)` becomes `(array, rate, dict)`.

    The dict has `speech_frames`, the stretches whose loudness is above the threshold, `total_frames`, all of them, and
    `is_speech`, whether there is any of the first. Each value is judged on its own. What is left at its end of less
    than a stretch does not count, unless it is all there is. The sound stays as it is, and what was said of it too.

    Args:
        frame_duration_ms: length of a stretch, 1 to 10 000 ms.
        energy_threshold: loudness, 0 to 1: the root mean square of the mean of all channels, full scale 1.
        runtime_hint: `auto`, `rust` or `python`; accepted for older programs, the kernel is the same everywhere.
        kw: arguments of `Node`.
    """

    def __init__(
        self, frame_duration_ms: int = 30, energy_threshold: float = 0.02, runtime_hint: str = "auto", **kw: Any
    ) -> None:
        super().__init__(**kw)
        self.frame_duration_ms = frame_duration_ms
        self.energy_threshold = energy_threshold
        self.runtime_hint = runtime_hint

    def process(self, value: Sound) -> Sound:
        """Return the sound and what was found in it.

        Raises:
            NodeError: RM606, the value is no sound; RM601, the parameters cannot be used.
        """
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        sound = hear(self, value)
        with kernel_of(self):
            speech, total = _native.voice_activity(
                sound.floats(), sound.channels, sound.rate, self.frame_duration_ms, self.energy_threshold
            )
        found = {"is_speech": speech > 0, "speech_frames": speech, "total_frames": total}
        meta = {**(sound.meta or {}), **found}
        return sound._replace(meta=meta).given(sound.samples, dtype=sound.dtype)


class VoiceActivityDetector(Node):
    """Finds speech in a stream, with a threshold adapted to the noise: `(array, rate)` becomes `((array, rate), dict)`.

    The dict has, of the stretches that the sound completes, `speech_ratio`, the part that is louder than the threshold,
    and `avg_energy`, their mean loudness; `is_speech`, whether the ratio reaches `speech_threshold`; and
    `frame_duration_ms`. A sound that completes none is judged as the one before it: stretches go across the sounds of a
    stream. What was said of the sound before stays in the dict.

    The threshold of a stretch is 0.3 of `energy_threshold` and 1.5 of the noise: the 5th percentile of the loudness of
    the 100 stretches before it. Until there are 10, it is `energy_threshold` itself.

    Args:
        frame_duration_ms: length of a stretch, 1 to 10 000 ms.
        energy_threshold: loudness, 0 to 1: the root mean square of the mean of all channels, full scale 1.
        speech_threshold: part of its stretches, 0 to 1, that must be speech for a sound to be.
        filter_mode: whether only speech is passed on, as `(array, rate)`.
        include_metadata: whether the dict is given; without it every sound is passed on as it is.
        kw: arguments of `Node`.
    """

    is_streaming = True

    _detector: VoiceDetector | None = None
    _rate: int | None = None

    def __init__(
        self,
        frame_duration_ms: int = 30,
        energy_threshold: float = 0.02,
        speech_threshold: float = 0.3,
        filter_mode: bool = False,  # noqa: FBT001, FBT002 - as in `schemas/nodes.v1.json`
        include_metadata: bool = True,  # noqa: FBT001, FBT002 - as in `schemas/nodes.v1.json`
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.frame_duration_ms = frame_duration_ms
        self.energy_threshold = energy_threshold
        self.speech_threshold = speech_threshold
        self.filter_mode = filter_mode
        self.include_metadata = include_metadata

    @overload
    def process(self, value: Sound) -> Sound | None: ...
    @overload
    def process(self, value: AsyncIterable[Sound]) -> AsyncIterator[Sound]: ...
    def process(self, value: Any) -> Any:
        """Judge a sound as the next of a stream, or all those of a whole stream; None where it is not passed on.

        Raises:
            NodeError: RM606, the value is no sound; RM601, the parameters cannot be used.
        """
        return self._over(value) if is_stream(value) else self._judged(value)

    def flush(self) -> None:
        """Be ready for another stream; nothing is kept back."""
        self._detector = self._rate = None

    async def _over(self, stream: AsyncIterable[Sound]) -> AsyncIterator[Sound]:
        async for value in stream:
            judged = self._judged(value)
            if judged is not None:
                yield judged
        self.flush()

    def _judged(self, value: Sound) -> Sound | None:
        sound = hear(self, value)
        with kernel_of(self):
            is_speech, ratio, loudness = self._listening(sound).process(sound.floats(), sound.channels)
        given = sound.given(sound.samples, dtype=sound.dtype)
        if self.filter_mode:
            return given if is_speech else None
        if not self.include_metadata:
            return given
        found = {
            "is_speech": is_speech,
            "speech_ratio": ratio,
            "avg_energy": loudness,
            "frame_duration_ms": self.frame_duration_ms,
        }
        return (given[0], given[1]), {**(sound.meta or {}), **found}

    def _listening(self, sound: Heard) -> VoiceDetector:
        """Return the detector of the stream that the sound belongs to."""
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        if self._detector is None or self._rate != sound.rate:
            self._detector = _native.VoiceDetector(
                sound.rate, self.frame_duration_ms, self.energy_threshold, self.speech_threshold
            )
            self._rate = sound.rate
        return self._detector
