"""The files beside an ONNX model that hold its weights, by the names in the model itself.

The model is read as protobuf (https://protobuf.dev/programming-guides/encoding/) no deeper than to these names
(`TensorProto.external_data` of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Weights are skipped over, so
the size of a model does not matter.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._watch import saw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["external_data"]

_MAX_FIELDS: Final = 5_000_000
_MAX_DEPTH: Final = 32
_LONGEST: Final = 1024

_MODEL: Final = "model"
_ENTRY: Final = "entry"
_INSIDE: Final = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: _ENTRY},
}
"""Messages in messages, by field number, as far as they lead to names of files."""


def external_data(path: Path) -> tuple[str, ...]:
    """Return the locations that a model names, relative to its directory, sorted.

    What is no ONNX model has none: a model is judged where it is loaded.
    """
    saw(path)
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return tuple(sorted(set(_locations(data))))
    except (OSError, ValueError):  # empty, or no protobuf
        return ()


def _locations(data: mmap.mmap) -> Iterator[str]:
    waiting = [(_MODEL, 0, len(data), 0)]
    budget = _MAX_FIELDS
    while waiting:
        kind, at, end, depth = waiting.pop()
        if kind == _ENTRY:
            yield from _location(data, at, end)
            continue
        for number, start, stop in _fields(data, at, end):
            budget -= 1
            if budget < 0 or depth > _MAX_DEPTH:
                raise ValueError("more fields, or deeper ones, than a model has")
            inside = _INSIDE[kind].get(number)
            if inside is not None:
                waiting.append((inside, start, stop, depth + 1))


def _location(data: mmap.mmap, at: int, end: int) -> Iterator[str]:
    """Give the value of an entry (`StringStringEntryProto`) whose key is `location`."""
    entry = {number: data[start : min(stop, start + _LONGEST)] for number, start, stop in _fields(data, at, end)}
    if entry.get(1) == b"location":
        yield entry.get(2, b"").decode()


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Give number, beginning and end of each field of a message that has a length; the others are skipped.

    Raises:
        ValueError: it is no protobuf.
    """
    while at < end:
        tag, at = _varint(data, at, end)
        if tag >> 3 == 0:  # no message has such a field; a file of zeros is full of them
            raise ValueError("field 0")
        match tag & 7:
            case 0:
                _, at = _varint(data, at, end)
            case 1:
                at += 8
            case 5:
                at += 4
            case 2:
                size, at = _varint(data, at, end)
                if at + size > end:
                    raise ValueError("a field is longer than its message")
                yield tag >> 3, at, at + size
                at += size
            case other:
                raise ValueError(f"wire type {other}")


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 64:  # noqa: PLR2004 - bits of the longest number
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:  # noqa: PLR2004 - the bit that says that more follow
            return value, at
        shift += 7
    raise ValueError("a number does not end")
