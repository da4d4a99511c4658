"""Safetensors files: read with suspicion, halved, and read by the library that everybody has."""

import json
import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from remotemedia.packager.optimize._safetensors import halve_file, read_header

F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def file_of(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_single_precision_is_halved_and_all_else_kept(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    tensors: dict[str, np.ndarray[Any, Any]] = {
        "layer.weight": random.standard_normal((40, 30)).astype(np.float32),
        "ids": np.arange(7, dtype=np.int64),
        "empty": np.zeros((0, 4), np.float32),
        "scalar": np.array(0.5, np.float32),
    }
    save_file(tensors, tmp_path / "in.safetensors", {"format": "np"})
    error = halve_file(tmp_path / "in.safetensors", tmp_path / "out.safetensors")
    assert error is not None
    assert 0 < error < 2**-11
    got = load_file(tmp_path / "out.safetensors")
    assert {name: (it.dtype, it.shape) for name, it in got.items()} == {
        name: (np.float16 if it.dtype == np.float32 else it.dtype, it.shape) for name, it in tensors.items()
    }
    assert np.array_equal(got["layer.weight"], tensors["layer.weight"].astype(np.float16))
    assert np.array_equal(got["ids"], tensors["ids"])
    out = (tmp_path / "out.safetensors").read_bytes()
    assert read_header(BytesIO(out), len(out)).metadata == {"format": "np"}


def test_a_value_that_does_not_fit_is_infinitely_off(tmp_path: Path) -> None:
    save_file({"w": np.array([1e6, 1.0], np.float32)}, tmp_path / "in.safetensors")
    assert halve_file(tmp_path / "in.safetensors", tmp_path / "out.safetensors") == float("inf")


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    save_file({"w": np.zeros(4, np.float16)}, tmp_path / "in.safetensors")
    assert halve_file(tmp_path / "in.safetensors", tmp_path / "out.safetensors") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "its header has -1 bytes"),
        (struct.pack("<Q", 1 << 60) + b"{}", "its header has 1152921504606846976 bytes"),
        (file_of({}) + b"rest", "its tensors end at 0 of 4 bytes"),
        (file_of(b'{"a": 1, "a": 2}'), "`?a`?"),
        (file_of(b"[" * 100 + b"]" * 100), "nest"),
        (file_of({"w": 1}), "`w` is not described"),
        (file_of({"w": {**F32, "shape": [3]}}, bytes(8)), "which is not its shape and type"),
        (file_of({"w": {**F32, "shape": [-2]}}, bytes(8)), "no numbers"),
        (file_of({"w": {**F32, "shape": [True]}}, bytes(8)), "no numbers"),
        (file_of({"w": {**F32, "dtype": "F31"}}, bytes(8)), "unknown type `F31`"),
        (file_of({"w": {**F32, "data_offsets": [4, 12]}}, bytes(12)), "does not begin where"),
        (file_of({"v": F32, "w": F32}, bytes(16)), "does not begin where"),
        (file_of({"w": F32}, bytes(7)), "its tensors end at 8 of 7 bytes"),
        (file_of({"__metadata__": {"a": 1}}), "does not hold strings"),
    ],
)
def test_dishonest_headers_are_refused(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_header(BytesIO(content), len(content))
