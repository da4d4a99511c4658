"""What the golden vectors do not show: memory, subclasses, programs without numpy, any value at all."""

import contextlib
import enum
import math
import subprocess
import sys
from collections import OrderedDict, namedtuple
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from remotemedia.array import Array
from remotemedia.values import MalformedBodyError, UnsupportedValueError, decode, encode

scalars = st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats() | st.text() | st.binary()
keys = st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.tuples(st.text())
arrays = hnp.arrays(
    hnp.integer_dtypes(endianness="<") | hnp.floating_dtypes(endianness="<"), hnp.array_shapes(min_side=0)
)
values = st.recursive(
    scalars | arrays,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner),
    max_leaves=8,
)


@given(values)
def test_any_value_comes_back_as_it_was(notation: ModuleType, value: Any) -> None:
    encoded = encode(value)
    if encoded is None:
        assert value is None
        return
    arrived = decode(*encoded[:3], bytes(encoded.data), numpy=True)
    assert notation.written(arrived) == notation.written(value)


@given(st.text() | st.from_regex(r'\A[\[{"$a-z0-9:,.\]}\\u-]*\Z'), st.binary(max_size=16))
def test_any_json_text_is_read_or_refused(head: str, data: bytes) -> None:
    with contextlib.suppress(MalformedBodyError):
        decode(5, head, "", data, numpy=False)


def test_none_is_no_packet() -> None:
    assert encode(None) is None


def test_arrays_share_the_memory_of_the_body() -> None:
    data = np.arange(8, dtype="<f4")
    encoded = encode(data)
    assert encoded is not None
    assert np.shares_memory(np.frombuffer(memoryview(encoded.data), "u1"), data)
    arrived = decode(*encoded, numpy=True)
    assert np.shares_memory(arrived, data)


def test_arrays_of_bytes_are_read_only() -> None:
    assert not decode(3, '{"dtype":"u8","shape":[1]}', "", b"a", numpy=True).flags.writeable


def test_subclasses_travel_as_what_they_are_based_on() -> None:
    class Colour(enum.IntEnum):
        RED = 1

    class Word(enum.StrEnum):
        YES = "ja"

    pair = namedtuple("pair", "a b")  # noqa: PYI024 - the plain kind, as programs have it
    value = [Colour.RED, Word.YES, pair(1, 2), OrderedDict(a=1)]
    encoded = encode(value)
    assert encoded is not None
    assert encoded.head == '[1,"ja",{"$tuple":[1,2]},{"a":1}]'
    encoded = encode(Word.YES)
    assert encoded is not None
    assert encoded[:2] == (4, "ja")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (np.array([1j]), "array of complex128"),
        (np.array([object()]), "array of object"),
        (np.array(["a"]), "array of <U1"),
        (np.array(["2020-01-01"], "M8[D]"), "array of datetime64[D]"),
        (np.ma.masked_array([1], [True]), "MaskedArray"),
        (np.complex64(1), "complex64"),
        (np.datetime64("2020-01-01"), "datetime64"),
    ],
)
def test_other_numpy_values_are_refused(value: Any, name: str) -> None:
    with pytest.raises(UnsupportedValueError) as caught:
        encode(value)
    assert caught.value.type_name == name


def test_an_array_beside_a_rate_is_refused_at_its_place() -> None:
    with pytest.raises(UnsupportedValueError) as caught:
        encode((np.array([1j]), 16000))
    assert (caught.value.type_name, caught.value.path) == ("array of complex128", "value[0]")


def test_long_double_is_refused_rather_than_rounded() -> None:
    with pytest.raises(UnsupportedValueError):
        encode(np.zeros(2, np.longdouble))


def test_depth_counts_levels_of_the_text() -> None:
    value: Any = ()
    for _ in range(31):
        value = (value,)
    encoded = encode(value)  # 32 tuples are 64 levels
    assert encoded is not None
    assert decode(*encoded, numpy=False) == value
    with pytest.raises(UnsupportedValueError, match="deeper than 64"):
        encode((value,))


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(UnsupportedValueError, match="deeper than 64"):
        encode(value)


def test_a_text_nested_too_deeply_for_the_parser_is_refused() -> None:
    for text in ("[" * 1_000_000, "[" * 900 + '{"$tuple":[]}' + "]" * 900):
        with pytest.raises(MalformedBodyError, match=r"expected (JSON|nesting)"):
            decode(5, text, "", b"", numpy=False)


def test_floats_keep_their_point() -> None:
    encoded = encode([1.0, 1e16, 1e-7, -0.0])
    assert encoded is not None
    assert encoded.head == "[1.0,1e+16,1e-07,-0.0]"
    assert math.copysign(1, decode(*encoded, numpy=False)[3]) == -1


def test_without_numpy() -> None:
    """The codec neither needs nor imports numpy, and a stand-in that raises on use does not count as numpy."""
    code = """
import sys, types
from remotemedia.array import Array
from remotemedia.values import decode, encode
class Stub(types.ModuleType):
    def __getattr__(self, name):
        raise ModuleNotFoundError("numpy is not available in the sandbox")
for stub in (None, Stub("numpy")):
    if stub is not None:
        sys.modules["numpy"] = stub
    body = encode((Array([0.1, 1e300], "f64"), 16000, {"a": 1.5}))
    assert bytes(body.data) == b"\\xcd\\xcc\\xcc=\\x00\\x00\\x80\\x7f"
    assert decode(*body, numpy=False) == (Array([0.1, float("inf")], "f32"), 16000, {"a": 1.5})
    assert encode({"x": [Array([1], "u8")]}).data == b"\\x01"
assert "numpy.ndarray" not in sys.modules and "dataclasses" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_array_and_ndarray_give_the_same_packet() -> None:
    samples = np.linspace(-1, 1, 10).reshape(2, 5)
    plain = Array(samples.tolist(), "f64")
    one, other = encode((samples, 16000)), encode((plain, 16000))
    assert one is not None
    assert other is not None
    assert (one[:3], bytes(one.data)) == (other[:3], bytes(other.data))
