"""`Array`, with numpy as the oracle."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from remotemedia.array import Array

DTYPES = {
    "bool": "?", "i8": "i1", "i16": "i2", "i32": "i4", "i64": "i8", "u8": "u1", "u16": "u2", "u32": "u4", "u64": "u8",
    "f16": "f2", "f32": "f4", "f64": "f8",
}  # fmt: skip
SHAPES = [(), (0,), (0, 3), (2, 0), (6,), (2, 3), (1, 2, 3)]

indices = hnp.array_shapes(min_dims=1, max_dims=3, max_side=5).flatmap(
    lambda shape: st.tuples(st.just(shape), hnp.basic_indices(shape, allow_ellipsis=False, allow_newaxis=False))
)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_numpy_takes_it_without_a_copy(dtype: str, shape: tuple[int, ...]) -> None:
    expected = (np.arange(np.prod(shape)) % 2).astype(DTYPES[dtype]).reshape(shape)
    data = expected.tobytes()
    array = Array(data, dtype, shape)
    taken = np.asarray(array)
    assert (taken.dtype, taken.shape, taken.tolist()) == (expected.dtype, shape, expected.tolist())
    assert not taken.size or np.shares_memory(taken, np.frombuffer(data, "u1"))
    assert not taken.flags.writeable


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_from_numbers(dtype: str, shape: tuple[int, ...]) -> None:
    expected = (np.arange(np.prod(shape)) % 2).astype(DTYPES[dtype]).reshape(shape)
    array = Array(expected.reshape(-1).tolist(), dtype, shape)
    assert (array.shape, array.ndim, array.size, array.nbytes) == (shape, len(shape), expected.size, expected.nbytes)
    assert array.tobytes() == bytes(array) == expected.tobytes()
    assert array.tolist() == expected.tolist()
    assert array == Array(expected.tobytes(), dtype, shape)


@given(indices)
def test_indices_are_those_of_numpy(case: tuple[tuple[int, ...], Any]) -> None:
    shape, index = case
    expected = np.arange(np.prod(shape), dtype="i4").reshape(shape)
    got, want = Array(expected.tobytes(), "i32", shape)[index], expected[index]
    if isinstance(got, Array):
        assert (got.shape, got.tolist()) == (want.shape, want.tolist())
    else:
        assert (type(got), got) == (int, want)


@given(hnp.arrays(np.float16, hnp.array_shapes(min_dims=1, max_dims=2)))
def test_half_floats(values: np.ndarray[Any, np.dtype[np.float16]]) -> None:
    array = Array(values.tobytes(), "f16", values.shape)
    assert np.array_equal(np.array(array.tolist(), "f2"), values, equal_nan=True)
    assert np.array_equal(
        np.array(list(array[0]) if array.ndim > 1 else [array[0]], "f2"), values[0].ravel(), equal_nan=True
    )


def test_views_share_memory() -> None:
    data = bytearray(np.arange(6, dtype="f4").tobytes())
    array = Array(data, "f32", (2, 3))
    row, part = array[1], array[0:1]
    data[:] = np.arange(10, 16, dtype="f4").tobytes()
    assert row.tolist() == [13.0, 14.0, 15.0]
    assert part.tolist() == [[10.0, 11.0, 12.0]]


def test_a_slice_with_a_step_is_a_copy() -> None:
    data = bytearray(b"\1\2\3\4")
    part = Array(data, "u8")[::2]
    data[:] = bytes(4)
    assert part.tolist() == [1, 3]


def test_nested_lists_give_the_shape() -> None:
    assert Array([[1, 2, 3], [4, 5, 6]]).shape == (2, 3)
    assert Array([]).shape == (0,)
    assert Array(range(3), "i16").tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (ValueError, ([1], "f128")),
        (ValueError, (b"abc", "f32")),
        (ValueError, (b"abcd", "f32", (2,))),
        (ValueError, (b"abcd", "u8", (-2, -2))),
        (ValueError, ([[1, 2], [3]], "f32")),
        (ValueError, ([[1], 2], "f32")),
        (TypeError, (["a"], "f32")),
        (TypeError, (["a"], "f16")),
        (TypeError, ([1.5], "i32")),
        (TypeError, (5, "i32")),
        (TypeError, (b"abcd", "u8", (4.0,))),
        (OverflowError, ([300], "u8")),
        (OverflowError, ([1e6], "f16")),
    ],
)
def test_what_does_not_fit_is_refused(error: type[Exception], arguments: tuple[Any, ...]) -> None:
    with pytest.raises(error):
        Array(*arguments)


@pytest.mark.parametrize("index", [3, -4, (0, 0), (0, slice(None))])
def test_indices_are_checked(index: Any) -> None:
    with pytest.raises(IndexError):
        Array([1, 2, 3])[index]


@pytest.mark.parametrize("index", ["a", 1.0, None, ..., [0]])
def test_other_indices_are_refused(index: Any) -> None:
    with pytest.raises((TypeError, AttributeError)):
        Array([1, 2, 3])[index]


def test_numbers() -> None:
    one = Array([2.5], shape=())
    assert (float(one), int(one), one.item(), bool(one), one[()]) == (2.5, 2, 2.5, True, 2.5)
    assert float(Array([[0.5]])) == 0.5
    for several in (Array([1, 2]), Array([])):
        with pytest.raises(ValueError, match="expected one element"):
            several.item()
        with pytest.raises(ValueError, match="expected one element"):
            bool(several)


def test_a_scalar_has_no_length() -> None:
    with pytest.raises(TypeError, match="scalar"):
        len(Array([1], shape=()))
    with pytest.raises(TypeError, match="scalar"):
        iter(Array([1], shape=()))


def test_iteration() -> None:
    assert list(Array([1, 2], "i8")) == [1, 2]
    assert [row.tolist() for row in Array([[1, 2], [3, 4]], "f16")] == [[1.0, 2.0], [3.0, 4.0]]
    assert sum(Array([0.5, 0.25])) == 0.75


def test_equality() -> None:
    assert Array([1, 2]) == Array([1, 2])
    assert Array([1, 2]) != Array([[1, 2]])
    assert Array([1, 2]) != Array([1, 2], "f64")
    assert Array([float("nan")]) != Array([float("nan")])
    assert Array([0.0]) == Array([-0.0])
    assert Array([1]) != [1]
    with pytest.raises(TypeError):
        hash(Array([1]))


def test_repr_is_bounded() -> None:
    assert repr(Array([1, 2], "i8")) == 'Array([1, 2], dtype="i8", shape=(2,))'
    assert repr(Array(range(10**5), "i32")) == 'Array([0, 1, 2, 3, 4, 5, …], dtype="i32", shape=(100000,))'


def test_copies_and_pickles() -> None:
    array = Array([[1.5, 2.5]], "f16")
    assert copy.deepcopy(array) == pickle.loads(pickle.dumps(array)) == array  # noqa: S301 - made here


@pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 688 is of Python 3.12")
def test_memoryview() -> None:
    view = memoryview(Array([[1, 2], [3, 4]], "i32"))  # type: ignore[arg-type,unused-ignore]
    assert (view.format, view.shape, view.readonly) == ("i", (2, 2), True)
    assert view.tolist() == Array([[1, 2], [3, 4]], "i32").tolist()
