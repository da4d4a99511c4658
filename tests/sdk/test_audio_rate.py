"""The sample rate, against the tone there should be and against soxr."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from remotemedia import _native
from remotemedia.errors import NodeError
from remotemedia.nodes.audio import AudioResampleNode, AudioResampler, AudioTransform

Samples = NDArray[np.float64]

PAIRS = [
    (48000, 16000),
    (16000, 48000),
    (8000, 16000),
    (44100, 16000),
    (16000, 44100),
    (44100, 48000),
    (48000, 44100),
    (22050, 16000),
]
# Part of the lower rate's half up to which a quality keeps tones, as its docstring says.
PASSBANDS = {"low": 0.70, "medium": 0.85, "high": 0.94}
# The ends of a sound, where a tone begins and stops, have no analytic counterpart.
EDGE = 0.1


def tone(hertz: float, rate: int, seconds: float = 1.0) -> Samples:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def sweep(rate: int, top: float, seconds: float = 1.0) -> Samples:
    """Rise from 20 Hz to `top` Hz, linearly."""
    time = np.arange(round(rate * seconds)) / rate
    return 0.5 * np.sin(2 * np.pi * (20 * time + (top - 20) * time**2 / (2 * seconds)))


def resampled(samples: Samples, rate_in: int, rate_out: int, quality: str = "high") -> NDArray[np.float32]:
    sound, rate = AudioResampleNode(rate_out, quality).process((samples, rate_in))[:2]
    assert rate == rate_out
    assert isinstance(sound, np.ndarray)
    return sound


def signal_to_noise(wanted: Samples, got: NDArray[Any]) -> float:
    """Return how far what is wanted stands above what differs from it, in dB."""
    assert wanted.shape == got.shape
    inner = slice(int(len(wanted) * EDGE), int(len(wanted) * (1 - EDGE)))
    noise = got[inner].astype(np.float64) - wanted[inner]
    return float(10 * np.log10(np.mean(wanted[inner] ** 2) / np.mean(noise**2)))


@pytest.mark.parametrize("quality", PASSBANDS)
@pytest.mark.parametrize(("rate_in", "rate_out"), PAIRS)
def test_tones_stand_130_db_above_what_differs_from_them(rate_in: int, rate_out: int, quality: str) -> None:
    top = PASSBANDS[quality] * min(rate_in, rate_out) / 2
    for hertz in (50.0, 440.0, 997.0, top / 2, top):
        got = resampled(tone(hertz, rate_in), rate_in, rate_out, quality)
        assert signal_to_noise(tone(hertz, rate_out), got) > 130, hertz


@pytest.mark.parametrize(("rate_in", "rate_out"), PAIRS)
def test_a_sweep_stands_130_db_above_what_differs_from_it(rate_in: int, rate_out: int) -> None:
    top = PASSBANDS["high"] * min(rate_in, rate_out) / 2
    got = resampled(sweep(rate_in, top), rate_in, rate_out)
    assert signal_to_noise(sweep(rate_out, top), got) > 130


@pytest.mark.parametrize(("rate_in", "rate_out"), PAIRS)
def test_soxr_gives_the_same_sweep(rate_in: int, rate_out: int) -> None:
    # Between rates without a whole ratio soxr attenuates higher tones, by up to 0.01 dB.
    whole = max(rate_in, rate_out) % min(rate_in, rate_out) == 0
    top = (0.85 if whole else 0.3) * min(rate_in, rate_out) / 2
    sound = sweep(rate_in, top)
    assert signal_to_noise(soxr.resample(sound, rate_in, rate_out, "VHQ"), resampled(sound, rate_in, rate_out)) > 130


@given(data=st.data(), rates=st.sampled_from(PAIRS))
@settings(max_examples=20)
def test_any_chord_is_that_of_soxr(data: st.DataObject, rates: tuple[int, int]) -> None:
    rate_in, rate_out = rates
    tones = data.draw(st.lists(st.floats(20, 0.3 * min(rates) / 2), min_size=1, max_size=5))
    chord = np.sum([tone(hertz, rate_in, 0.5) for hertz in tones], axis=0) / len(tones)
    wanted = np.sum([tone(hertz, rate_out, 0.5) for hertz in tones], axis=0) / len(tones)
    got = resampled(chord, rate_in, rate_out)
    error = np.abs(got - soxr.resample(chord, rate_in, rate_out, "VHQ"))[len(got) // 10 : -len(got) // 10]
    assert error.max() < 1e-6
    assert signal_to_noise(wanted, got) > 120


@pytest.mark.parametrize("quality", PASSBANDS)
def test_what_the_lower_rate_cannot_hold_is_130_db_down(quality: str) -> None:
    for hertz in (8_020, 8_500, 11_000, 20_000):
        got = resampled(tone(hertz, 48000), 48000, 16000, quality)[1600:-1600]
        assert np.sqrt(np.mean(got.astype(np.float64) ** 2)) < 10 ** (-130 / 20) * 0.5 / np.sqrt(2), hertz


def test_recorded_speech_is_that_of_soxr(speech: dict[str, NDArray[np.float32]]) -> None:
    for samples in speech.values():
        got = resampled(samples.astype(np.float64), 16000, 48000)
        wanted = soxr.resample(samples.astype(np.float64), 16000, 48000, "VHQ")
        # The filters differ only in how they treat the last 6 % below half the rate, where speech has next to nothing.
        assert signal_to_noise(wanted, got) > 40


@given(
    frames=st.integers(0, 5000),
    rate_in=st.integers(1000, 60000),
    rate_out=st.integers(1000, 60000),
    stereo=st.booleans(),
)
@settings(max_examples=30)
def test_the_length_is_exact(frames: int, rate_in: int, rate_out: int, stereo: bool) -> None:
    sound = np.zeros((2, frames) if stereo else frames, np.float32)
    got, rate = AudioResampleNode(rate_out, "low").process((sound, rate_in))[:2]
    # Halves are rounded up, as in no language's own `round`.
    length = (2 * frames * rate_out + rate_in) // (2 * rate_in)
    assert (got.shape, rate) == ((2, length) if stereo else (length,), rate_out)


@given(cuts=st.lists(st.integers(0, 44100), max_size=12), quality=st.sampled_from(list(PASSBANDS)))
@settings(max_examples=25)
def test_blocks_of_any_size_are_bit_equal_to_one(cuts: list[int], quality: str) -> None:
    sound = np.random.default_rng(7).standard_normal(44100).astype(np.float32)
    whole = _native.resample(sound, 1, 44100, 16000, quality)
    kernel = _native.Resampler(44100, 16000, 1, quality)
    blocks = [kernel.process(np.ascontiguousarray(block)) for block in np.split(sound, sorted(cuts))]
    assert b"".join(map(bytes, [*blocks, kernel.flush()])) == bytes(whole)


def test_equal_rates_pass_through() -> None:
    sound = np.random.default_rng(1).standard_normal((2, 500)).astype(np.float32)
    got, rate = AudioResampleNode(8000).process((sound, 8000))[:2]
    assert rate == 8000
    assert np.array_equal(got, sound)


def test_a_resampler_is_a_resample_node_of_high_quality() -> None:
    sound = tone(440, 16000)
    got, rate = AudioResampler().process((sound, 16000))[:2]
    assert rate == 44100
    assert np.array_equal(got, resampled(sound, 16000, 44100))


def test_what_is_given_may_be_written_to_and_a_dict_stays() -> None:
    got, _, meta = AudioTransform(8000, 1).process((tone(440, 16000), 16000, {"speaker": 3}))
    got *= 2
    assert meta == {"speaker": 3}


@pytest.mark.parametrize(
    ("shape", "channels", "given_shape"),
    [
        ((8000,), 1, (16000,)),
        ((1, 8000), 1, (16000,)),
        ((2, 8000), 1, (16000,)),
        ((8000,), 2, (2, 16000)),
        ((2, 8000), 2, (2, 16000)),
        ((6, 8000), 2, (2, 16000)),
    ],
)
def test_transform_gives_the_channels_it_was_told(
    shape: tuple[int, ...], channels: int, given_shape: tuple[int, ...]
) -> None:
    sound = np.random.default_rng(2).standard_normal(shape) * 0.1
    got, rate = AudioTransform(16000, channels).process((sound, 8000))[:2]
    assert (got.shape, got.dtype, rate) == (given_shape, np.float32, 16000)
    planes = np.atleast_2d(sound)
    mono_of = [planes[it % len(planes) :: channels].mean(axis=0) for it in range(channels)]
    wanted = np.stack([resampled(it, 8000, 16000) for it in mono_of])
    assert np.abs(np.atleast_2d(got) - wanted).max() < 1e-6


def test_transform_has_the_defaults_of_a_compact_disc() -> None:
    got, rate = AudioTransform().process((tone(440, 48000), 48000))[:2]
    assert (got.shape, rate) == ((2, 44100), 44100)
    assert np.array_equal(got[0], got[1])
    assert signal_to_noise(tone(440, 44100), got[0]) > 130


@pytest.mark.parametrize(
    ("node", "code"),
    [
        (AudioResampleNode(999), "RM211"),
        (AudioResampleNode(16000, "ultra"), "RM601"),
        (AudioResampler(768_001), "RM211"),
        (AudioTransform(-1), "RM601"),
        (AudioTransform(output_channels=0), "RM601"),
    ],
)
def test_parameters_that_cannot_be_used_are_refused(node: Any, code: str) -> None:
    with pytest.raises(NodeError, match="expected") as caught:
        node.process((tone(440, 48000), 48000))
    assert caught.value.code == code
