"""JSON of strangers."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia.trust import strict_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab[]{}"\\', max_size=4), inner, max_size=4),
)


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    assert strict_json.loads(strict_json.dumps(value)) == value
    assert strict_json.loads(json.dumps(value, indent=1).encode()) == value


@pytest.mark.parametrize(
    "data",
    [b"", b"NaN", b"[Infinity]", b'{"a":1,"a":1}', b'"\xff"', b'"\\ud800"', b"[" * 65, b"[1]]", b"1" * 5000],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        strict_json.loads(data)


def test_depth_counts_brackets_outside_strings_only() -> None:
    assert strict_json.loads(b'["' + b"[" * 1000 + b'\\"[["]') == ["[" * 1000 + '"[[']
    assert strict_json.loads(b"[" * 64 + b"]" * 64, max_depth=64)


@pytest.mark.parametrize("data", [b'"\\"' * (1 << 20), b'"' + b"\\" * (4 << 20), b"[]" * (1 << 21), b"[" * (4 << 20)])
def test_hostile_text_is_refused_quickly(data: bytes) -> None:
    start = time.monotonic()
    with pytest.raises(ValueError, match=r"."):
        strict_json.loads(data[: 4 << 20])
    assert time.monotonic() - start < 5
