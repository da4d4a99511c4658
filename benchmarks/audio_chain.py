"""One side of: stereo of 44.1 kHz to mono of 16 kHz, voice activity by energy, 16-bit integers in frames of 20 ms.

    python benchmarks/audio_chain.py ours|python|ours-whole|python-whole RECORDING

`ours` is a pipeline in this process, `python` the same work with soxr's streaming resampler and numpy, as a careful
program does it: blocks of a tenth of a second, no work for each sample. `-whole` gives the whole recording at once. A
round's result is how many frames there were, how many of them speech, and the sum of all samples' squares.
"""

from __future__ import annotations

import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.sides import serve

RATE, TARGET, FRAME = 44_100, 16_000, 320
THRESHOLD = 0.02
BLOCK = RATE // 10


def summary(frames: int, speech: int, energy: float) -> list[float]:
    """What both sides must agree on."""
    return [frames, speech, energy]


def ours(recording: str) -> Callable[[], list[float]]:
    """A pipeline over the file, packet by packet."""
    from remotemedia import AudioSource, AudioWindowNode, FormatConverterNode, Pipeline, VADNode
    from remotemedia.nodes.audio import AudioTransform

    pipeline = Pipeline("audio chain").add(AudioSource())
    pipeline.add(AudioTransform(output_sample_rate=TARGET, output_channels=1))
    pipeline.add(AudioWindowNode(size=FRAME, hop=FRAME, pad=True))
    pipeline.add(VADNode(frame_duration_ms=20, energy_threshold=THRESHOLD)).add(FormatConverterNode("i16"))
    return lambda: _counted(pipeline.run(recording))


def _counted(packets: list[tuple[NDArray[np.int16], int, dict[str, Any]]]) -> list[float]:
    frames = [frame for frame, _, _ in packets]
    whole = np.concatenate(frames, axis=-1, dtype=np.float64)
    return summary(len(frames), sum(meta["is_speech"] for _, _, meta in packets), _energy(whole))


def _energy(samples: NDArray[np.float64]) -> float:
    # Not by a dot product: the threads of its library spin on for a while.
    return float(np.add.reduce(np.square(samples), axis=None))


def in_python(recording: str) -> Callable[[], list[float]]:
    """The same with soxr and numpy, block by block."""
    import soxr

    def round_() -> list[float]:
        stream = soxr.ResampleStream(RATE, TARGET, 1, dtype="float32", quality="HQ")
        left, out, speech = np.empty(0, np.float32), [], 0
        with wave.open(recording) as file:
            while True:
                data = file.readframes(BLOCK)
                block = np.frombuffer(data, "<i2").reshape(-1, 2)
                mono = block.astype(np.float32).mean(axis=1) * np.float32(1 / 32768)
                left = np.concatenate([left, stream.resample_chunk(mono, last=not data)])
                whole = len(left) - len(left) % FRAME
                if not data:
                    left, whole = np.pad(left, (0, -len(left) % FRAME)), len(left) + -len(left) % FRAME
                for start in range(0, whole, FRAME):
                    frame = left[start : start + FRAME]
                    meta = {"is_speech": bool(np.sqrt(np.mean(frame * frame)) > THRESHOLD)}
                    speech += meta["is_speech"]
                    out.append(((np.clip(frame, -1, 1) * 32767).astype(np.int16), TARGET, meta))
                left = left[whole:]
                if not data:
                    break
        return _counted(out)

    return round_


def ours_whole(recording: str) -> Callable[[], list[float]]:
    """A pipeline that is given the whole sound as one packet."""
    from remotemedia import FormatConverterNode, Pipeline, VADNode
    from remotemedia.nodes.audio import AudioTransform

    sound = _whole(recording)
    pipeline = Pipeline("whole file").add(AudioTransform(output_sample_rate=TARGET, output_channels=1))
    pipeline.add(VADNode(frame_duration_ms=20, energy_threshold=THRESHOLD)).add(FormatConverterNode("i16"))

    def round_() -> list[float]:
        result = pipeline.run([(sound, RATE)])
        parts = result if isinstance(result, list) else [result]
        samples = sum(part[0].size for part in parts)
        energy = sum(_energy(part[0].astype(np.float64)) for part in parts)
        return summary(-(-samples // FRAME), sum(part[2]["speech_frames"] for part in parts), energy)

    return round_


def in_python_whole(recording: str) -> Callable[[], list[float]]:
    """The same with one call of soxr and a few of numpy."""
    import soxr

    sound = _whole(recording)

    def round_() -> list[float]:
        mono = soxr.resample(sound.mean(axis=0), RATE, TARGET, quality="HQ")
        frames = np.pad(mono, (0, -len(mono) % FRAME)).reshape(-1, FRAME)
        speech = int((np.sqrt(np.mean(frames * frames, axis=1)) > THRESHOLD).sum())
        samples = (np.clip(mono, -1, 1) * 32767).astype(np.int16).astype(np.float64)
        return summary(len(frames), speech, _energy(samples))

    return round_


def _whole(recording: str) -> NDArray[np.float32]:
    with wave.open(recording) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return np.ascontiguousarray(data.T.astype(np.float32) / 32768)


SIDES = {"ours": ours, "python": in_python, "ours-whole": ours_whole, "python-whole": in_python_whole}

if __name__ == "__main__":
    serve(SIDES[sys.argv[1]](sys.argv[2]))
