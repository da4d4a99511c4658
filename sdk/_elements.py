"""Arrays of numbers as bytes, and back: `Array`, and numpy where a program has it."""

from __future__ import annotations

import math
import sys
from array import array
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from remotemedia._value_errors import MalformedBodyError, UnsupportedValueError, malformed
from remotemedia.array import _DTYPES, _VIEWS, Array

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["Elements", "array_of", "elements_of", "item_size", "plain_number", "rounded", "typed_shape"]

_FROM_NUMPY: Final = {name[1:]: dtype for dtype, (_, _, name) in _DTYPES.items()}


class Elements(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    data: memoryview


def elements_of(value: Any) -> Elements | None:
    """Return what an array holds, little-endian and C-contiguous; None where it is no array."""
    if isinstance(value, Array):
        return Elements(value.dtype, value.shape, value._items.cast("B"))  # noqa: SLF001 - the codec is its friend
    numpy = _numpy()
    if numpy is None or not isinstance(value, numpy.ndarray):
        return None
    dtype = _FROM_NUMPY.get(value.dtype.str[1:])
    if dtype is None:
        raise UnsupportedValueError(f"array of {value.dtype}")
    if hasattr(value, "mask"):
        raise UnsupportedValueError(type(value).__name__)
    plain = numpy.asarray(value, value.dtype.newbyteorder("<"), order="C")
    return Elements(dtype, plain.shape, plain.reshape(-1).view("u1").data)


def rounded(data: memoryview) -> Buffer:
    """Return float64 samples as float32; what is out of range becomes infinite."""
    numpy = _numpy()
    if numpy is None:
        return memoryview(array("f", data.cast("d"))).cast("B")
    with numpy.errstate(over="ignore"):
        samples: Buffer = numpy.frombuffer(data, "<f8").astype("<f4").view("u1").data
    return samples


def plain_number(value: Any) -> Any:
    """Return the number, text or bytes that a numpy scalar holds; anything else as it is."""
    numpy = _numpy()
    return value.item() if numpy is not None and isinstance(value, numpy.generic) else value


def typed_shape(described: object, text: str) -> tuple[str, tuple[int, ...]]:
    match described:
        case {"dtype": str(dtype), "shape": list(shape)} if dtype in _DTYPES:
            if all(type(length) is int and length >= 0 for length in shape):
                return dtype, tuple(shape)
    raise malformed("dtype and shape of an array", text)


def array_of(dtype: str, shape: tuple[int, ...], data: Buffer, offset: int, *, whole: bool, numpy: bool) -> Any:
    """Return the array that lies at an offset of the data; all of the data is its elements if `whole`."""
    view = memoryview(data).cast("B")
    end = offset + math.prod(shape) * _DTYPES[dtype][1]
    if end > view.nbytes or (whole and end != view.nbytes):
        raise MalformedBodyError(f"expected {end} bytes for the shape {list(shape)} of `{dtype}`, got {view.nbytes}")
    if not numpy:
        return Array._of(view[offset:end].cast(_VIEWS[dtype]), dtype, shape)  # noqa: SLF001 - its own constructor
    from numpy import ndarray  # noqa: PLC0415 - imported only when asked for

    return ndarray(shape, _DTYPES[dtype][2], view[offset:end])


def item_size(dtype: str) -> int:
    """Return the bytes of one element."""
    return _DTYPES[dtype][1]


def _numpy() -> Any:
    """Return numpy if the program has imported it; a stand-in that raises on use does not count."""
    numpy = sys.modules.get("numpy")
    return numpy if numpy is not None and "ndarray" in numpy.__dict__ else None
