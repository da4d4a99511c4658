"""Gain and gate, against numpy and against the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from remotemedia import Pipeline, RustNode
from remotemedia.errors import NodeError
from remotemedia.nodes.audio import AudioGainNode, AudioGateNode

SOUND = (np.random.default_rng(5).standard_normal((2, 3000)) * 0.1).astype(np.float32)
TOLERANCE = 2e-7  # of full scale: samples are float32, and the oracles compute with float64


def gated(sound: NDArray[Any], rate: int, threshold: float, times: tuple[float, float, float]) -> Any:
    """What a gate gives, frame by frame."""
    attack, release, hold = times
    steps = [1 / max(round(rate * ms / 1000), 1) for ms in (attack, release)]
    left, gain, gains = 0, 0.0, []
    for peak in np.abs(sound.astype(np.float64)).max(axis=0):
        loud = peak >= 10 ** (threshold / 20)
        is_open = loud or left > 0
        left = round(rate * hold / 1000) if loud else max(left - 1, 0)
        gain = min(gain + steps[0], 1.0) if is_open else max(gain - steps[1], 0.0)
        gains.append(gain)
    return sound * np.array(gains)


@given(st.floats(-120, 60))
def test_gain_is_a_factor(gain: float) -> None:
    made, rate, meta = AudioGainNode(gain).process((SOUND, 16000, {"a": 1}))
    expected = SOUND.astype(np.float64) * 10 ** (gain / 20)
    assert (rate, meta, made.dtype, made.shape) == (16000, {"a": 1}, np.float32, SOUND.shape)
    assert np.max(np.abs(made - expected)) <= TOLERANCE * max(1.0, 10 ** (gain / 20))


@given(st.floats(-60, 0), st.integers(0, 20), st.integers(0, 40), st.integers(0, 30))
@settings(max_examples=25)
def test_a_gate_opens_and_closes_as_it_says(threshold: float, attack: int, release: int, hold: int) -> None:
    made, _ = AudioGateNode(threshold, attack, release, hold).process((SOUND, 8000))
    assert np.max(np.abs(made - gated(SOUND, 8000, threshold, (attack, release, hold)))) <= TOLERANCE


@given(st.lists(st.integers(1, 2999), max_size=5, unique=True))
@settings(max_examples=20)
def test_a_stream_is_gated_as_one_sound_however_it_is_cut(cuts: list[int]) -> None:
    values = [(piece, 8000) for piece in np.split(SOUND, sorted(cuts), axis=1)]
    given_by_engine: Any = Pipeline([AudioGateNode(-22.0)]).run(values)
    given_by_engine = given_by_engine if isinstance(given_by_engine, list) else [given_by_engine]
    node = AudioGateNode(-22.0)
    whole, _ = node.process((SOUND, 8000))
    node.flush()
    assert np.array_equal(np.concatenate([piece for piece, _ in given_by_engine], axis=1), whole)
    assert np.array_equal(np.concatenate([node.process(value)[0] for value in values], axis=1), whole)


@pytest.mark.parametrize(
    ("name", "params"), [("AudioGainNode", {"gain_db": -6.0}), ("AudioGateNode", {"hold_ms": 1.0})]
)
def test_they_are_known_by_their_names(name: str, params: dict[str, float]) -> None:
    kinds: dict[str, Any] = {"AudioGainNode": AudioGainNode, "AudioGateNode": AudioGateNode}
    alone: Any = kinds[name](**params).process((SOUND, 8000))
    native: Any = Pipeline([RustNode(name, **params)]).run((SOUND, 8000))
    assert np.array_equal(native[0], alone[0])


def test_what_is_no_sound_is_refused() -> None:
    nodes: list[Any] = [AudioGainNode(), AudioGateNode()]
    for node in nodes:
        with pytest.raises(NodeError) as caught:
            node.process("text")
        assert caught.value.code == "RM606"
