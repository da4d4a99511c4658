"""Native nodes against the classes, and what streams of packets become."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from remotemedia import Node, Pipeline
from remotemedia.errors import NodeError
from remotemedia.nodes.audio import (
    AudioBuffer,
    AudioMixNode,
    AudioResampleNode,
    AudioResampler,
    AudioTransform,
    AudioWindowNode,
    ExtractAudioDataNode,
    FormatConverterNode,
    VADNode,
    VoiceActivityDetector,
)

WHOLE: list[Any] = [
    AudioMixNode(3),
    AudioResampleNode(8000, "low"),
    AudioResampler(),
    AudioTransform(22050, 1),
    AudioTransform(48000, 6),
    ExtractAudioDataNode(),
    FormatConverterNode("f32"),
    FormatConverterNode("i16"),
    FormatConverterNode("i32"),
    VADNode(frame_duration_ms=20),
    VoiceActivityDetector(),
    VoiceActivityDetector(include_metadata=False),
    VoiceActivityDetector(filter_mode=True),
]
SOUNDS: list[Any] = [
    (np.random.default_rng(1).standard_normal(5000).astype(np.float32) * 0.1, 16000),
    (np.random.default_rng(2).standard_normal((2, 5000)) * 0.1, 44100, {"speaker": 3, "at": 0.1}),
    (np.random.default_rng(3).integers(-9000, 9000, (4, 3000), np.int16), 8000, {}),
    (np.random.default_rng(4).integers(-(2**30), 2**30, (1, 3000), np.int32), 8000, {1: "a", "is_speech": "?"}),
    (np.zeros(0, np.float32), 16000),
]


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, arrays with type and shape."""
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape) == (other.dtype, other.shape) and np.array_equal(one, other)
    if isinstance(one, tuple | list):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@pytest.mark.parametrize("sound", SOUNDS, ids=lambda it: f"{it[0].dtype}-{it[0].shape}")
@pytest.mark.parametrize("node", WHOLE, ids=lambda it: f"{it.name}-{'-'.join(map(str, it._arguments[0]))}")
def test_the_engine_gives_what_the_class_gives(node: Any, sound: Any) -> None:
    alone = node.process(sound)
    if isinstance(node, VoiceActivityDetector):
        node.flush()
    given_by_engine = Pipeline([node]).run(sound)
    if isinstance(node, AudioResampleNode | AudioResampler | AudioTransform) and sound[0].size == 0:
        # Packets without sound are no packets.
        assert given_by_engine is None
        assert alone[0].size == 0
    else:
        assert same(given_by_engine, alone)


@pytest.mark.parametrize("node", [AudioBuffer(700), AudioWindowNode(512, 300), AudioWindowNode(512, pad=False)])
def test_the_engine_cuts_as_the_class_cuts(node: Any) -> None:
    values = [sound for sound in SOUNDS for _ in range(2)]
    alone = [*(piece for value in values for piece in node.process(value)), *node.flush()]
    assert same(Pipeline([node]).run(values), alone)


@given(
    cuts=st.lists(st.integers(1, 9999), min_size=1, max_size=8, unique=True),
    node=st.sampled_from(
        [
            AudioResampleNode(16000),
            AudioResampleNode(48000, "low"),
            AudioResampleNode(44100, "medium"),
            AudioTransform(8000, 1),
            AudioTransform(16000, 3),
        ]
    ),
)
@settings(max_examples=25)
def test_packets_of_any_size_are_resampled_as_one_sound(cuts: list[int], node: Any) -> None:
    sound = np.random.default_rng(9).standard_normal((2, 10000)).astype(np.float32)
    values = [(piece, 44100) for piece in np.split(sound, sorted(cuts), axis=1)]
    results: Any = Pipeline([node]).run(values)
    results = results if isinstance(results, list) else [results]
    whole, rate = node.process((sound, 44100))
    assert len(results) <= len(values)
    assert {given_rate for _, given_rate in results} == {rate}
    assert np.array_equal(np.concatenate([piece for piece, _ in results], axis=-1), whole)


def test_a_stream_of_packets_stays_one_of_as_many() -> None:
    sound: NDArray[np.float32] = np.ones(4410, np.float32)
    for count in (1, 2, 5):
        values = [(sound, 44100, {"n": number}) for number in range(count)]
        results: Any = Pipeline([AudioResampleNode(16000)]).run(values)
        results = results if isinstance(results, list) else [results]
        assert [meta["n"] for _, _, meta in results] == list(range(count))


def test_the_detector_hears_a_stream_as_the_class_does(speech: dict[str, NDArray[np.float32]]) -> None:
    sound = np.concatenate([np.zeros(8000, np.float32), *speech.values()])
    values = [(piece, 16000) for piece in np.array_split(sound, 100)]
    node = VoiceActivityDetector()
    alone: list[Any] = [node.process(value) for value in values]
    heard = Pipeline([VoiceActivityDetector()]).run(values)
    assert same(heard, alone)
    assert {meta["is_speech"] for _, meta in alone} == {True, False}


def test_text_is_dropped_where_samples_are_extracted_and_refused_elsewhere() -> None:
    assert Pipeline([ExtractAudioDataNode()]).run("text") is None
    for node in (AudioBuffer(10), AudioTransform(), FormatConverterNode(), VADNode(), VoiceActivityDetector()):
        with pytest.raises(NodeError) as caught:
            Pipeline([node]).run("text")
        assert caught.value.code == "RM606"


class Louder(VoiceActivityDetector):
    """A class of an earlier program: it takes the whole stream, and passes it on to the node it builds on."""

    async def process(self, data_stream: Any) -> AsyncIterator[Any]:  # type: ignore[override]
        async for (sound, rate), meta in super().process(data_stream):
            yield sound * 2, rate, meta["is_speech"]


class Halved(AudioTransform):
    """A class of an earlier program: it takes value by value."""

    def process(self, data: Any) -> Any:
        sound, rate = super().process(data)
        sound *= 0.5
        return sound, rate


class Count(Node):
    def process(self, value: Any) -> Any:
        return len(value[0])


def test_programs_that_build_on_these_nodes_run() -> None:
    sound: NDArray[np.float32] = np.full(480, 0.25, np.float32)
    results: Any = Pipeline([Louder()]).run([(sound, 16000), (sound * 0, 16000)])
    assert [(piece.max(), speech) for piece, _, speech in results] == [(0.5, True), (0.0, False)]
    halved: Any = Pipeline([Halved(8000, 1)]).run((sound, 8000))
    assert halved[0].tolist() == [0.125] * 480
    assert Pipeline([AudioBuffer(100), Count()]).run((sound, 16000)) == [100, 100, 100, 100, 80]
