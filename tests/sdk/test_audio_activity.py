"""Where there is speech: recorded utterances with pauses between them, judged against a neural detector."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from remotemedia.errors import NodeError
from remotemedia.nodes.audio import VADNode, VoiceActivityDetector

RATE = 16000
PIECE = 8 * 480  # eight stretches of 30 ms
PAUSE = 6 * PIECE
MODEL = Path(__file__).resolve().parents[2] / "testdata" / "models" / "silero_vad_16k_op15.onnx"


class Scene(NamedTuple):
    """Utterances with pauses before and after each.

    `speech` are the pieces that the neural detector is sure of throughout, `pauses` those outside all utterances.
    """

    sound: NDArray[np.float64]
    speech: NDArray[np.bool_]
    pauses: NDArray[np.bool_]

    def pieces(self, noise_db: float) -> list[tuple[NDArray[np.float32], int]]:
        """The scene with white noise of that level, cut into pieces."""
        noise = np.random.default_rng(1).normal(0, 10 ** (noise_db / 20), len(self.sound))
        heard = (self.sound + noise).astype(np.float32)
        return [(piece, RATE) for piece in np.split(heard, len(heard) // PIECE)]


@pytest.fixture(scope="module")
def scene(speech: dict[str, NDArray[np.float32]]) -> Scene:
    parts = [np.zeros(PAUSE)]
    within = [np.zeros(PAUSE)]
    for samples in speech.values():
        length = -(-len(samples) // PIECE) * PIECE + PAUSE
        parts.append(np.pad(samples.astype(np.float64), (0, length - len(samples))))
        within.append(np.pad(np.ones(len(samples)), (0, length - len(samples))))
    sound = np.concatenate(parts)
    # A window of the model is 32 ms, a piece 7.5 of them: those that lie in it in part count too.
    sure = np.repeat(certainty(sound) > 0.5, 512)[: len(sound)]
    by_piece = np.pad(sure, (0, len(sound) - len(sure))).reshape(-1, PIECE)
    spoken = np.concatenate(within).reshape(-1, PIECE).mean(axis=1)
    return Scene(sound, by_piece.mean(axis=1) >= 0.9, spoken == 0)


def certainty(sound: NDArray[np.float64]) -> NDArray[np.float32]:
    """How sure the neural detector is that each 512 samples are speech."""
    session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32)
    found = []
    for start in range(0, len(sound) - 511, 512):
        window = np.concatenate([context, sound[start : start + 512].astype(np.float32)])
        context = window[-64:]
        sure, state = session.run(None, {"input": window[None], "state": state, "sr": np.array(RATE)})
        found.append(sure[0, 0])
    return np.array(found)


def over(node: VoiceActivityDetector, values: list[Any]) -> list[Any]:
    """All that a node gives for a stream."""

    async def stream() -> AsyncIterator[Any]:
        for value in values:
            yield value

    async def collect() -> list[Any]:
        return [judged async for judged in node.process(stream())]

    return asyncio.run(collect())


def found(judged: list[Any]) -> NDArray[np.bool_]:
    return np.array([meta["is_speech"] for _, meta in judged])


def test_the_scene_has_speech_and_pauses(scene: Scene) -> None:
    assert scene.speech.sum() > 50
    assert scene.pauses.sum() > 30
    assert not (scene.speech & scene.pauses).any()


@pytest.mark.parametrize(("noise_db", "least"), [(-90, 0.98), (-60, 0.98), (-45, 0.97), (-38, 0.95), (-32, 0.80)])
def test_speech_is_found_where_it_is_and_silence_is_not(scene: Scene, noise_db: float, least: float) -> None:
    heard = found(over(VoiceActivityDetector(), scene.pieces(noise_db)))
    assert heard[scene.speech].mean() >= least
    # The first pieces are judged with the fixed threshold alone, above which the loudest of these noises lies.
    assert not heard[scene.pauses][2:].any()


def test_a_fixed_threshold_finds_speech_above_quiet_noise(scene: Scene) -> None:
    heard = np.array([VADNode().process(piece)[2]["is_speech"] for piece in scene.pieces(-45)])
    assert heard[scene.speech].all()
    assert not heard[scene.pauses].any()


def test_a_filter_passes_speech_only_and_as_it_is(scene: Scene) -> None:
    pieces = scene.pieces(-60)
    judged = over(VoiceActivityDetector(), pieces)
    passed = over(VoiceActivityDetector(filter_mode=True), pieces)
    wanted = [piece for piece, is_speech in zip(pieces, found(judged), strict=True) if is_speech]
    assert 0 < len(passed) < len(pieces)
    assert len(passed) == len(wanted)
    assert all(rate == RATE and np.array_equal(a, b) for (a, rate), (b, _) in zip(passed, wanted, strict=True))


@given(cuts=st.lists(st.integers(0, 30), max_size=10, unique=True))
def test_how_a_stream_is_cut_changes_no_stretch(cuts: list[int]) -> None:
    rng = np.random.default_rng(5)
    sound = (rng.standard_normal(30 * 480) * np.repeat(rng.uniform(0.001, 0.2, 30), 480)).astype(np.float32)
    # Cut off the stretches' edges, so that stretches go across pieces.
    offsets = sorted(np.array(cuts, int) * 477)
    values = [(piece, RATE) for piece in np.split(sound, offsets)]
    (whole,) = over(VoiceActivityDetector(), [(sound, RATE)])
    judged = over(VoiceActivityDetector(speech_threshold=0), values)
    lengths = np.diff([0, *offsets, len(sound)])
    ends = np.cumsum(lengths) // 480
    counts = np.diff([0, *ends])
    ratios = np.array([meta["speech_ratio"] for _, meta in judged])
    assert np.isclose((ratios * counts).sum() / 30, whole[1]["speech_ratio"])


def test_values_and_streams_are_judged_alike() -> None:
    rng = np.random.default_rng(3)
    values = [((rng.standard_normal(1000) * level).astype(np.float32), RATE) for level in (0.001, 0.2, 0.2, 0.001)]
    node = VoiceActivityDetector()
    one_by_one: list[Any] = [node.process(value) for value in values]
    assert [meta for _, meta in one_by_one] == [meta for _, meta in over(VoiceActivityDetector(), values)]
    node.flush()
    assert node.process(values[0]) is not None


def test_the_verdict_stands_beside_the_sound() -> None:
    sound = np.full(480, 0.5, np.float32)
    (judged,) = over(VoiceActivityDetector(), [(sound, RATE, {"speaker": 3})])
    (array, rate), meta = judged
    assert (array.tolist(), rate) == (sound.tolist(), RATE)
    assert meta == {"speaker": 3, "is_speech": True, "speech_ratio": 1.0, "avg_energy": 0.5, "frame_duration_ms": 30}


def test_without_a_verdict_everything_is_passed_on() -> None:
    values = [(np.zeros(480, np.int16), RATE, {"n": 1}), (np.ones(480, np.float32), RATE)]
    passed = over(VoiceActivityDetector(include_metadata=False), values)
    assert [(value[0].dtype, *value[1:]) for value in passed] == [(np.int16, RATE, {"n": 1}), (np.float32, RATE)]


def test_another_rate_is_another_stream() -> None:
    loud, soft = np.full(4800, 0.1, np.float32), np.full(4800, 0.05, np.float32)
    at_one, at_two = ([(loud, RATE), (soft, rate)] for rate in (RATE, 8000))
    assert found(over(VoiceActivityDetector(), at_one)).tolist() == [True, False]
    assert found(over(VoiceActivityDetector(), at_two)).tolist() == [True, True]


@given(
    sound=arrays.arrays(
        np.float32, st.tuples(st.integers(1, 4), st.integers(0, 3000)), elements=st.floats(-1, 1, width=32)
    ),
    milliseconds=st.integers(1, 100),
    threshold=st.floats(0, 0.5),
)
def test_stretches_are_counted_as_numpy_counts_them(
    sound: NDArray[np.float32], milliseconds: int, threshold: float
) -> None:
    size = RATE * milliseconds // 1000
    mono = sound.astype(np.float64).mean(axis=0)
    whole = mono[: len(mono) // size * size].reshape(-1, size) if len(mono) >= size else mono[None, : len(mono)]
    levels = np.sqrt((whole**2).mean(axis=1)) if whole.size else np.array([])
    meta = VADNode(milliseconds, threshold).process((sound, RATE))[2]
    assert meta["total_frames"] == len(levels)
    near = np.abs(levels - threshold) < 1e-12
    assert abs(meta["speech_frames"] - int((levels > threshold).sum())) <= near.sum()
    assert meta["is_speech"] == (meta["speech_frames"] > 0)


def test_sound_stays_as_it_is_with_what_was_said_of_it() -> None:
    sound = np.full((2, 480), 3277, np.int16)
    array, rate, meta = VADNode().process((sound, RATE, {"speaker": 3, "is_speech": None}))
    assert (array.tolist(), array.dtype, rate) == (sound.tolist(), np.int16, RATE)
    assert meta == {"speaker": 3, "is_speech": True, "speech_frames": 1, "total_frames": 1}


@pytest.mark.parametrize("node", [VADNode(frame_duration_ms=0), VoiceActivityDetector(frame_duration_ms=-1)])
def test_a_length_that_cannot_be_used_is_refused(node: Any) -> None:
    with pytest.raises(NodeError, match="parameters that") as caught:
        node.process((np.ones(480, np.float32), RATE))
    assert caught.value.code == "RM601"
