"""How the golden vectors write Python values down, in any language's JSON.

| written | value |
|---|---|
| `{"none": true}`, `{"bool": true}`, `{"str": "x"}` | as they say |
| `{"int": "12"}`, `{"float": "nan"}` | in decimal, as Python prints it |
| `{"bytes": BASE64}`, also `bytearray` and `memoryview` | as they say |
| `{"list": […]}`, `{"tuple": […]}`, `{"dict": [[key, value], …]}` | of written values |
| `{"array": {"dtype": "f32", "shape": [2], "data": BASE64}}` | an array, its elements little-endian |
| the same with `"stored": "strided"` or `"big-endian"` | an array that lies so in memory |
| `{"scalar": {"dtype": "f32", "data": BASE64}}` | a numpy scalar |
| `{"dataclass": [[name, value], …]}` | an instance of a dataclass with these fields |
"""

from __future__ import annotations

import base64
import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from remotemedia.array import Array

if TYPE_CHECKING:
    from collections.abc import Callable

NUMPY = {
    "bool": "?", "i8": "<i1", "i16": "<i2", "i32": "<i4", "i64": "<i8", "u8": "<u1", "u16": "<u2", "u32": "<u4",
    "u64": "<u8", "f16": "<f2", "f32": "<f4", "f64": "<f8",
}  # fmt: skip
NAMES = {np.dtype(code): name for name, code in NUMPY.items()}


def base64_of(data: Any) -> str:
    return base64.b64encode(data).decode()


def written(value: Any) -> dict[str, Any]:  # noqa: PLR0911 - one a kind
    """Write a value down."""
    match value:
        case None:
            return {"none": True}
        case np.generic():
            return {"scalar": {"dtype": NAMES[value.dtype], "data": base64_of(value.tobytes())}}
        case bool() | str():
            return {type(value).__name__: value}
        case int() | float():
            return {type(value).__name__: str(value)}
        case bytes() | bytearray() | memoryview():
            return {type(value).__name__: base64_of(value)}
        case list() | tuple():
            return {type(value).__name__: [written(item) for item in value]}
        case dict():
            return {"dict": [[written(key), written(item)] for key, item in value.items()]}
        case np.ndarray():
            return {"array": _written_array(value)}
    if not dataclasses.is_dataclass(value):
        raise TypeError(type(value))
    return {"dataclass": [[field.name, written(getattr(value, field.name))] for field in dataclasses.fields(value)]}


def read(note: dict[str, Any], *, numpy_arrays: bool = True) -> Any:
    """Make the value that was written; arrays as `numpy.ndarray`, or as `remotemedia.Array`."""

    def again(inner: dict[str, Any]) -> Any:
        return read(inner, numpy_arrays=numpy_arrays)

    ((kind, content),) = note.items()
    makers: dict[str, Callable[[], Any]] = {
        "none": lambda: None,
        "bool": lambda: content,
        "str": lambda: content,
        "int": lambda: int(content),
        "float": lambda: float(content),
        "bytes": lambda: base64.b64decode(content),
        "bytearray": lambda: bytearray(base64.b64decode(content)),
        "memoryview": lambda: memoryview(base64.b64decode(content)),
        "list": lambda: [again(item) for item in content],
        "tuple": lambda: tuple(again(item) for item in content),
        "dict": lambda: {again(key): again(item) for key, item in content},
        "array": lambda: _read_array(content) if numpy_arrays else _plain_array(content),
        "scalar": lambda: np.frombuffer(base64.b64decode(content["data"]), NUMPY[content["dtype"]])[0],
        "dataclass": lambda: _read_dataclass({name: again(item) for name, item in content}),
    }
    return makers[kind]()


def same(left: Any, right: Any) -> bool:
    """Whether two values are of equal type and content; NaN equals NaN, and 0.0 does not equal -0.0."""
    if isinstance(left, Array):
        return isinstance(right, Array) and left.__reduce__() == right.__reduce__()
    return type(left) is type(right) and written(left) == written(right)


def _read_dataclass(fields: dict[str, Any]) -> Any:
    return dataclasses.make_dataclass("Made", fields)(**fields)


def _written_array(value: Any) -> dict[str, Any]:
    plain = np.asarray(value, value.dtype.newbyteorder("<"), order="C")
    note = {"dtype": NAMES[plain.dtype], "shape": list(value.shape), "data": base64_of(plain.tobytes())}
    if value.dtype.byteorder == ">":
        note["stored"] = "big-endian"
    elif not value.flags.c_contiguous:
        note["stored"] = "strided"
    return note


def _read_array(note: dict[str, Any]) -> Any:
    plain = np.frombuffer(base64.b64decode(note["data"]), NUMPY[note["dtype"]]).reshape(note["shape"])
    match note.get("stored"):
        case "big-endian":
            return plain.astype(plain.dtype.newbyteorder(">"))
        case "strided":
            return np.repeat(plain, 2, axis=-1)[..., ::2]
        case _:
            return plain


def _plain_array(note: dict[str, Any]) -> Array:
    return Array(base64.b64decode(note["data"]), note["dtype"], note["shape"])
