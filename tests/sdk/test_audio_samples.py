"""Channels and sample types, against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from remotemedia import Array
from remotemedia.errors import NodeError, RemoteMediaError
from remotemedia.nodes.audio import AudioMixNode, ExtractAudioDataNode, FormatConverterNode

SHAPES = st.one_of(st.tuples(st.integers(0, 200)), st.tuples(st.integers(1, 8), st.integers(0, 50)))
FLOATS = arrays.arrays(np.float32, SHAPES, elements=st.floats(-1.5, 1.5, width=32))
FULL_SCALE = {"i16": 2.0**15, "i32": 2.0**31}
INTEGERS: dict[str, type[np.signedinteger[Any]]] = {"i16": np.int16, "i32": np.int32}


def flat(sound: NDArray[Any]) -> NDArray[Any]:
    """Mono as it is given: `(N,)`."""
    return sound[0] if sound.ndim == 2 and len(sound) == 1 else sound


def converted(sound: Any, target: str) -> NDArray[Any]:
    got, rate = FormatConverterNode(target).process((sound, 16000))[:2]
    assert rate == 16000
    assert isinstance(got, np.ndarray)
    return got


def rounded(sound: NDArray[np.float64], target: str) -> NDArray[Any]:
    """Round to the nearest, halves away from zero, and clip."""
    limits = np.iinfo(INTEGERS[target])
    nearest = np.trunc(sound + np.copysign(0.5, sound))
    return np.clip(nearest, limits.min, limits.max).astype(INTEGERS[target])


@given(sound=arrays.arrays(np.int16, SHAPES), between=st.sampled_from(["f32", "i16", "i32"]))
def test_16_bits_survive_any_type(sound: NDArray[np.int16], between: str) -> None:
    back = converted(converted(sound, between), "i16")
    assert back.dtype == np.int16
    assert np.array_equal(back, flat(sound))


@given(sound=arrays.arrays(np.int32, SHAPES, elements=st.integers(-(2**23), 2**23 - 1)))
def test_24_bits_survive_floats(sound: NDArray[np.int32]) -> None:
    assert np.array_equal(converted(converted(sound << 8, "f32"), "i32"), flat(sound << 8))


@given(sound=FLOATS, target=st.sampled_from(["i16", "i32"]))
def test_floats_are_rounded_and_clipped(sound: NDArray[np.float32], target: str) -> None:
    wanted = rounded(sound.astype(np.float64) * FULL_SCALE[target], target)
    got = converted(sound, target)
    assert got.dtype == INTEGERS[target]
    assert np.array_equal(got, flat(wanted))


@given(sound=arrays.arrays(np.int32, SHAPES))
def test_32_bits_are_rounded(sound: NDArray[np.int32]) -> None:
    assert np.array_equal(converted(sound, "i16"), flat(rounded(sound / 65536, "i16")))
    assert np.array_equal(converted(sound, "f32"), flat((sound / 2.0**31).astype(np.float32)))


def test_what_is_no_number_is_silence_and_infinity_is_clipped() -> None:
    sound = np.array([np.nan, np.inf, -np.inf], np.float32)
    assert converted(sound, "i16").tolist() == [0, 32767, -32768]
    assert converted(sound, "i32").tolist() == [0, 2**31 - 1, -(2**31)]


@pytest.mark.parametrize("target", ["u8", "F32", "", None, 16])
def test_another_format_is_a_value_error(target: Any) -> None:
    with pytest.raises(ValueError, match="expected `f32`, `i16` or `i32`") as caught:
        FormatConverterNode(target)
    assert isinstance(caught.value, RemoteMediaError)
    assert caught.value.code == "RM211"


def test_a_dict_goes_with_the_sound() -> None:
    node = FormatConverterNode("i16")
    assert node.process((np.zeros(3, "f4"), 16000, {"a": 1}))[2:] == ({"a": 1},)


@given(sound=FLOATS, channels=st.integers(1, 8))
def test_channels_are_averaged_or_copied(sound: NDArray[np.float32], channels: int) -> None:
    got, _ = AudioMixNode(channels).process((sound, 16000))[:2]
    planes = np.atleast_2d(sound).astype(np.float64)
    wanted = [planes[it % len(planes) :: channels].mean(axis=0) for it in range(channels)]
    assert np.abs(np.atleast_2d(got) - np.stack(wanted)).max(initial=0) <= 1e-6


@pytest.mark.parametrize("dtype", ["f4", "i2", "i4"])
def test_samples_alone_keep_their_type(dtype: str) -> None:
    sound = np.arange(6, dtype=dtype).reshape(2, 3)
    got = ExtractAudioDataNode().process((sound, 16000))
    assert (got.tolist(), got.dtype) == ([0, 1, 2, 3, 4, 5], np.dtype(dtype))


@pytest.mark.parametrize("value", ["text", None, np.ones(3), (np.ones(3), "rate"), {"audio": np.ones(3)}])
def test_there_are_no_samples_in_what_is_no_sound(value: Any) -> None:
    assert ExtractAudioDataNode().process(value) is None


@pytest.mark.parametrize(
    "sound",
    [
        np.array([-1.0, 0.5], "f8"),
        np.array([[-1.0, 0.5]], "f4"),
        np.array([-32768, 16384], "i2"),
        np.array([-(2**31), 2**30], "i4"),
        np.array([-1.0, 9.0, 0.5], ">f4")[::2],
        Array([-1.0, 0.5], "f32"),
    ],
    ids=str,
)
def test_samples_of_any_type_are_taken(sound: Any) -> None:
    mono, _ = AudioMixNode().process((sound, np.int64(16000)))[:2]
    assert (mono.tolist(), mono.dtype) == ([-1.0, 0.5], np.float32)


@pytest.mark.parametrize(
    "value",
    [
        "text",
        None,
        np.ones(2),
        (np.ones(2),),
        (np.ones(2), "rate"),
        (np.ones(2), 0),
        (np.ones(2), 16000.0),
        (np.ones(2), True),
        (np.ones(2), 16000, "meta"),
        (np.ones((1, 1, 1)), 8000),
        (np.float32(1), 8000),
        (np.ones((65, 1)), 8000),
        (np.ones((0, 3)), 8000),
        (np.ones(2, "u1"), 8000),
        ([0.5, 0.5], 8000),
        ((np.ones(2), 8000), {}),
    ],
)
def test_what_is_no_sound_is_refused(value: Any) -> None:
    with pytest.raises(NodeError, match="samples of float32, float64, int16 or int32") as caught:
        AudioMixNode(name="mix").process(value)
    assert (caught.value.code, caught.value.details["node"]) == ("RM606", "mix")
