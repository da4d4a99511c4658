"""Safetensors files: header and half precision, without a library and without a copy of the whole in memory.

The format is an 8-byte little-endian length, that many bytes of JSON (`{name: {dtype, shape, data_offsets}}`), and the
tensors one after the other (github.com/huggingface/safetensors, "Format").
"""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from remotemedia.trust import strict_json

MAX_HEADER: Final = 16 << 20
_PIECE: Final = 1 << 20  # numbers that are converted at once
_WIDTHS: Final = {
    **dict.fromkeys(("F64", "I64", "U64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2"), 1),
}


@dataclass(frozen=True)
class Tensor:
    """One entry of a header: `begin` and `end` are offsets behind the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """The head of a safetensors file.

    Attributes:
        tensors: in the order of their bytes.
        metadata: strings by name; None where the file has none.
        length: bytes before the first tensor.
    """

    tensors: tuple[Tensor, ...]
    metadata: Mapping[str, str] | None
    length: int


def read_header(stream: IO[bytes], size: int) -> Header:
    """Read and check the head of a safetensors file: tensors without gaps or overlaps, up to its very end.

    Args:
        stream: at the file's beginning.
        size: of the file, in bytes.

    Raises:
        ValueError: it is no safetensors file, or a dishonest one.
    """
    prefix = stream.read(8)
    length = struct.unpack("<Q", prefix)[0] if len(prefix) == struct.calcsize("<Q") else -1
    if not 0 < length <= min(MAX_HEADER, size - 8):
        raise ValueError(f"its header has {length} bytes")
    document = strict_json.loads_object(stream.read(length), max_bytes=MAX_HEADER)
    metadata = document.pop("__metadata__", None)
    if metadata is not None and not (
        isinstance(metadata, dict) and all(isinstance(value, str) for value in metadata.values())
    ):
        raise ValueError("its `__metadata__` does not hold strings")
    found = sorted((_tensor(name, row) for name, row in document.items()), key=lambda it: (it.begin, it.end))
    at = 0
    for tensor in found:
        if tensor.begin != at:
            raise ValueError(f"`{tensor.name}` does not begin where the tensor before it ends")
        at = tensor.end
    if at != size - 8 - length:
        raise ValueError(f"its tensors end at {at} of {size - 8 - length} bytes")
    return Header(tuple(found), metadata, 8 + length)


def halve_file(source: Path, target: Path) -> float | None:
    """Write a safetensors file with its float32 tensors in half precision.

    Returns:
        How far the values are off, relative to their root mean square, and infinity where one does not fit; None if
        there is nothing to change.

    Raises:
        ValueError: as `read_header`.
        OSError: a file cannot be read or written.
    """
    with source.open("rb") as stream:
        header = read_header(stream, source.stat().st_size)
        if not any(it.dtype == "F32" for it in header.tensors):
            return None
        off = total = 0.0
        with target.open("wb") as out:
            out.write(_halved_header(header))
            for tensor in header.tensors:
                if tensor.dtype == "F32":
                    part_off, part_total = _halve_tensor(stream, out, tensor)
                    off, total = off + part_off, total + part_total
                else:
                    _copy(stream, out, tensor.end - tensor.begin)
    return math.sqrt(off / total) if total else off


def _tensor(name: str, row: Any) -> Tensor:
    try:
        dtype, shape, (begin, end) = row["dtype"], row["shape"], row["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"`{name}` is not described by `dtype`, `shape` and `data_offsets`") from error
    if not isinstance(shape, list) or not all(type(it) is int and it >= 0 for it in (*shape, begin, end)):
        raise ValueError(f"`{name}` has a shape or offsets that are no numbers")
    width = _WIDTHS.get(dtype) if isinstance(dtype, str) else None
    if width is None:
        raise ValueError(f"`{name}` has the unknown type `{dtype}`")
    if math.prod(shape) * width != end - begin:
        raise ValueError(f"`{name}` has {end - begin} bytes, which is not its shape and type")
    return Tensor(name, dtype, tuple(shape), begin, end)


def _halved_header(header: Header) -> bytes:
    rows: dict[str, Any] = {} if header.metadata is None else {"__metadata__": dict(header.metadata)}
    at = 0
    for it in header.tensors:
        is_single = it.dtype == "F32"
        length = (it.end - it.begin) // (2 if is_single else 1)
        dtype = "F16" if is_single else it.dtype
        rows[it.name] = {"dtype": dtype, "shape": list(it.shape), "data_offsets": [at, at + length]}
        at += length
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors stay aligned
    return struct.pack("<Q", len(text)) + text


def _halve_tensor(stream: IO[bytes], out: IO[bytes], tensor: Tensor) -> tuple[float, float]:
    """Convert one tensor; the sums of the squares of the differences and of the values."""
    off = total = 0.0
    remaining = (tensor.end - tensor.begin) // 4
    while remaining:
        single = np.frombuffer(stream.read(4 * min(remaining, _PIECE)), "<f4")
        if not len(single):
            raise ValueError("it ends early")
        with np.errstate(over="ignore"):
            half = single.astype("<f2")
        out.write(half.tobytes())
        if not np.isfinite(half).all():
            off = math.inf
        else:
            wide = single.astype(np.float64)
            off += float(np.square(wide - half).sum())
            total += float(np.square(wide).sum())
        remaining -= len(single)
    return off, total


def _copy(stream: IO[bytes], out: IO[bytes], count: int) -> None:
    while count:
        piece = stream.read(min(count, 4 * _PIECE))
        if not piece:
            raise ValueError("it ends early")
        out.write(piece)
        count -= len(piece)
