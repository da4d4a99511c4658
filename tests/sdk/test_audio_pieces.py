"""Windows and chunks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from remotemedia.errors import NodeError
from remotemedia.nodes.audio import AudioBuffer, AudioWindowNode


def run(node: AudioBuffer | AudioWindowNode, values: list[Any]) -> list[Any]:
    """All that a node gives for these values, one by one, and at their end."""
    return [*(piece for value in values for piece in node.process(value)), *node.flush()]


def over(node: AudioBuffer | AudioWindowNode, values: list[Any]) -> list[Any]:
    """The same, given as a stream."""

    async def stream() -> AsyncIterator[Any]:
        for value in values:
            yield value

    async def collect() -> list[Any]:
        return [piece async for piece in node.process(stream())]

    return asyncio.run(collect())


@given(
    cuts=st.lists(st.integers(0, 300), max_size=8),
    size=st.integers(1, 400),
    channels=st.integers(1, 3),
    dtype=st.sampled_from(["f4", "i2", "i4"]),
)
def test_chunks_are_the_sound_cut_elsewhere(cuts: list[int], size: int, channels: int, dtype: str) -> None:
    sound = np.arange(300 * channels, dtype=dtype).reshape(channels, 300)
    values = [(block, 16000) for block in np.split(sound, sorted(cuts), axis=1)]
    chunks = run(AudioBuffer(size), values)
    assert [chunk.shape[-1] for chunk, _ in chunks] == [size] * (300 // size) + [300 % size] * (300 % size > 0)
    assert {(chunk.ndim, chunk.dtype, rate) for chunk, rate in chunks} == {(min(channels, 2), np.dtype(dtype), 16000)}
    assert np.array_equal(np.concatenate([np.atleast_2d(chunk) for chunk, _ in chunks], axis=1), sound)


def test_a_stream_is_as_good_as_its_values() -> None:
    values = [(np.arange(start, start + 70, dtype="f4"), 8000) for start in range(0, 700, 70)]
    for make in (lambda: AudioBuffer(buffer_size_samples=64), lambda: AudioWindowNode(64, 32)):
        one_by_one, streamed = run(make(), values), over(make(), values)
        assert len(streamed) == len(one_by_one)
        assert all(np.array_equal(a[0], b[0]) for a, b in zip(one_by_one, streamed, strict=True))


def test_another_kind_of_sound_ends_a_chunk() -> None:
    values = [
        (np.ones(3, "f4"), 8000),
        (np.ones(3, "f4"), 16000),
        (np.ones((2, 3), "f4"), 16000),
        (np.ones((2, 3), "i2"), 16000),
    ]
    chunks = run(AudioBuffer(4), values)
    assert [(chunk.shape, chunk.dtype.str[1:], rate) for chunk, rate in chunks] == [
        ((3,), "f4", 8000),
        ((3,), "f4", 16000),
        ((2, 3), "f4", 16000),
        ((2, 3), "i2", 16000),
    ]


def test_nothing_is_left_of_a_stream_that_ended() -> None:
    node = AudioBuffer(4)
    assert len(run(node, [(np.ones(3, "f4"), 8000)])) == 1
    assert run(node, []) == []
    assert [len(chunk) for chunk, _ in run(node, [(np.ones(5, "f4"), 8000)])] == [4, 1]


def test_a_dict_goes_with_the_chunk_that_its_sound_completes() -> None:
    sound = np.ones(3, "f4")
    chunks = run(AudioBuffer(4), [(sound, 8000, {"n": 1}), (sound, 8000, {"n": 2}), (sound, 8000)])
    assert [chunk[2:] for chunk in chunks] == [({"n": 2},), (), ()]


def test_windows() -> None:
    node = AudioWindowNode(size=4, hop=2)
    windows = run(node, [(np.arange(5, dtype="f4"), 8000), (np.arange(5, 7, dtype="f4"), 8000)])
    assert [window.tolist() for window, _ in windows[:2]] == [[0, 1, 2, 3], [2, 3, 4, 5]]
    assert all(rate == 8000 and len(window) == 4 for window, rate in windows)


def test_a_change_of_the_stream_restarts_the_windows() -> None:
    node = AudioWindowNode(size=4)
    first = list(node.process((np.ones(3, "f4"), 8000)))
    second = list(node.process((np.ones((2, 4), "f4"), 8000)))
    assert first == []
    assert [window.shape for window, _ in second] == [(4,), (2, 4)]
    assert second[0][0].tolist() == [1, 1, 1, 0]


def test_a_change_of_type_restarts_no_windows() -> None:
    half: NDArray[np.int16] = np.full(2, 16384, "i2")
    (window,) = run(AudioWindowNode(size=4), [(np.full(2, 0.5, "f4"), 8000), (half, 8000)])
    assert window[0].tolist() == [0.5] * 4


@pytest.mark.parametrize("node", [AudioBuffer(0), AudioBuffer(-1), AudioWindowNode(size=0), AudioWindowNode(hop=-1)])
def test_sizes_that_cannot_be_used_are_refused(node: Any) -> None:
    with pytest.raises(NodeError, match="parameters that") as caught:
        run(node, [(np.ones(4, "f4"), 8000)])
    assert caught.value.code == "RM601"


def test_what_is_no_sound_ends_the_stream_with_an_error() -> None:
    with pytest.raises(NodeError, match="samples of float32") as caught:
        over(AudioBuffer(4), [(np.ones(3, "f4"), 8000), "text"])
    assert caught.value.code == "RM606"
