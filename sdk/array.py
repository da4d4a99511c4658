"""Arrays of numbers without numpy: what sound and tensors are in the sandboxed Python.

    from remotemedia import Array

    window = Array([0.0, 0.5, -0.5], dtype="f32")
    loudest = max(abs(sample) for sample in window)

numpy takes an `Array` without a copy (`numpy.asarray(window)`). This module needs the standard library only, and a
machine of little-endian byte order, as everything on an edge is.
"""

from __future__ import annotations

import array
import math
import struct
from operator import index
from typing import TYPE_CHECKING, Any, Final, SupportsIndex, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

    Scalar: TypeAlias = bool | int | float

__all__ = ["Array"]

# dtype → (format of `struct` and `memoryview`, bytes per element, numpy's name)
_DTYPES: Final[dict[str, tuple[str, int, str]]] = {
    "bool": ("?", 1, "|b1"),
    "i8": ("b", 1, "|i1"),
    "i16": ("h", 2, "<i2"),
    "i32": ("i", 4, "<i4"),
    "i64": ("q", 8, "<i8"),
    "u8": ("B", 1, "|u1"),
    "u16": ("H", 2, "<u2"),
    "u32": ("I", 4, "<u4"),
    "u64": ("Q", 8, "<u8"),
    "f16": ("e", 2, "<f2"),
    "f32": ("f", 4, "<f4"),
    "f64": ("d", 8, "<f8"),
}
# `memoryview` reads no half floats before Python 3.14: they are kept as their bits.
_VIEWS: Final[dict[str, Any]] = {dtype: "H" if dtype == "f16" else code for dtype, (code, _, _) in _DTYPES.items()}
_SHOWN: Final = 6


class Array:
    """An n-dimensional array, C-contiguous and read-only.

    An index or a slice along the first axis gives a view; a slice with a step, or of a further axis, gives a copy.

    Args:
        data: a bytes-like object with the elements, or numbers in (nested) lists.
        dtype: `bool`, `i8`, `i16`, `i32`, `i64`, `u8`, `u16`, `u32`, `u64`, `f16`, `f32` or `f64`.
        shape: the length of each axis, `()` for a scalar; one axis, or that of the nested lists, where absent.

    Raises:
        ValueError: the dtype is unknown, or data and shape do not fit.
        TypeError: an element is not a number, or not one of this dtype.
        OverflowError: an element is out of the dtype's range.
    """

    __slots__ = ("_items", "dtype", "shape")

    _items: memoryview
    dtype: str
    shape: tuple[int, ...]

    def __init__(
        self, data: Buffer | Sequence[Any], dtype: str = "f32", shape: Sequence[SupportsIndex] | None = None
    ) -> None:
        if dtype not in _DTYPES:
            raise ValueError(f"expected a dtype of {', '.join(_DTYPES)}, got `{dtype}`")
        if isinstance(data, (list, tuple, range)):
            numbers, natural = _flattened(data)
            items = memoryview(_packed(numbers, dtype)).cast("B")
        else:
            items, natural = memoryview(cast("Buffer", data)).cast("B"), None
        size = _DTYPES[dtype][1]
        if items.nbytes % size:
            raise ValueError(f"expected a multiple of {size} bytes for `{dtype}`, got {items.nbytes}")
        self._items = items.cast(_VIEWS[dtype])
        self.dtype = dtype
        if shape is None:
            self.shape = (len(self._items),) if natural is None else natural
        else:
            self.shape = tuple(index(length) for length in shape)
        if any(length < 0 for length in self.shape) or math.prod(self.shape) != len(self._items):
            raise ValueError(f"expected {len(self._items)} elements, got the shape {list(self.shape)}")

    @classmethod
    def _of(cls, items: memoryview, dtype: str, shape: tuple[int, ...]) -> Array:
        """Wrap a flat view whose format, dtype and shape are known to fit."""
        self = cls.__new__(cls)
        self._items = items
        self.dtype = dtype
        self.shape = shape
        return self

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self._items)

    @property
    def nbytes(self) -> int:
        """Number of bytes."""
        return self._items.nbytes

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """How numpy takes the elements without a copy."""
        return {"version": 3, "shape": self.shape, "typestr": _DTYPES[self.dtype][2], "data": self._items.cast("B")}

    def __buffer__(self, flags: int, /) -> memoryview:
        """Give the elements in place (PEP 688, Python 3.12).

        Raises:
            BufferError: a `memoryview` cannot describe the array; numpy then takes `__array_interface__`.
        """
        if self.dtype == "f16" or (0 in self.shape and len(self.shape) != 1):
            raise BufferError(f"expected an array that a memoryview can describe, got {self!r}")
        if len(self.shape) == 1:
            return self._items
        return self._items.cast("B").cast(self._items.format, list(self.shape))  # type: ignore[call-overload, no-any-return]  # the stub wants a literal format

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("expected an array with an axis, got a scalar")
        return self.shape[0]

    def __getitem__(self, at: SupportsIndex | slice | tuple[SupportsIndex | slice, ...]) -> Any:
        if not isinstance(at, tuple):
            at = (at,)
        if len(at) > len(self.shape):
            raise IndexError(f"expected at most {len(self.shape)} indices, got {len(at)}")
        if not at:
            return self if self.shape else self._scalar(0)
        first, rest = at[0], at[1:]
        if not isinstance(first, slice):
            row = self._row(_position(first, self.shape[0]))
            return row[rest] if rest else row
        rows = range(*first.indices(self.shape[0]))
        if rest or rows.step != 1:
            return self._gathered(rows, rest)
        width = math.prod(self.shape[1:])
        start, stop = rows.start, max(rows.start, rows.stop)
        return Array._of(self._items[start * width : stop * width], self.dtype, (stop - start, *self.shape[1:]))

    def __iter__(self) -> Iterator[Any]:
        length = len(self)
        if len(self.shape) == 1:
            return iter(self._numbers())
        return (self._row(row) for row in range(length))

    def __eq__(self, other: object) -> bool:
        """Compare dtype, shape and elements; NaN is unequal to itself."""
        if not isinstance(other, Array):
            return NotImplemented
        return self.dtype == other.dtype and self.shape == other.shape and self._numbers() == other._numbers()

    __hash__ = None  # type: ignore[assignment]  # it compares by value and may look at memory that changes

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bytes__(self) -> bytes:
        return self.tobytes()

    def __repr__(self) -> str:
        shown = ", ".join(repr(self._scalar(at)) for at in range(min(self.size, _SHOWN)))
        more = ", …" if self.size > _SHOWN else ""
        return f'Array([{shown}{more}], dtype="{self.dtype}", shape={self.shape})'

    def __reduce__(self) -> tuple[type[Array], tuple[bytes, str, tuple[int, ...]]]:
        return Array, (self.tobytes(), self.dtype, self.shape)

    def item(self) -> Scalar:
        """Return the only element.

        Raises:
            ValueError: there are none or several.
        """
        if self.size != 1:
            raise ValueError(f"expected one element, got the shape {list(self.shape)}")
        return self._scalar(0)

    def tolist(self) -> Any:
        """Return the elements in lists, nested like the axes; a scalar as a number."""
        if not self.shape:
            return self._scalar(0)
        rows: list[Any] = self._numbers()
        for axis, length in reversed(list(enumerate(self.shape))[1:]):
            rows = [rows[at * length : (at + 1) * length] for at in range(math.prod(self.shape[:axis]))]
        return rows

    def tobytes(self) -> bytes:
        """Return the elements' bytes, little-endian, the last axis running fastest."""
        return self._items.tobytes()

    def _numbers(self) -> list[Any]:
        """Return all elements in one list."""
        if self.dtype == "f16":
            return list(struct.unpack(f"<{len(self._items)}e", self._items))
        return self._items.tolist()

    def _scalar(self, at: int) -> Scalar:
        if self.dtype == "f16":
            value: float = struct.unpack_from("<e", self._items, 2 * at)[0]
            return value
        number: Scalar = self._items[at]
        return number

    def _row(self, at: int) -> Any:
        shape = self.shape[1:]
        if not shape:
            return self._scalar(at)
        width = math.prod(shape)
        return Array._of(self._items[at * width : (at + 1) * width], self.dtype, shape)

    def _gathered(self, rows: range, rest: tuple[SupportsIndex | slice, ...]) -> Array:
        """Copy some rows, or parts of them, into a new array."""
        empty = self._of(self._items[:0], self.dtype, self.shape[1:])
        parts = [self._row(row)[rest] if rest else self._row(row) for row in rows]
        if not parts:
            return Array(b"", self.dtype, (0, *_shape_after(empty.shape, rest)))
        if isinstance(parts[0], Array):
            shape = (len(parts), *parts[0].shape)
            return Array(b"".join(part.tobytes() for part in parts), self.dtype, shape)
        return Array(parts, self.dtype)


def _shape_after(shape: tuple[int, ...], at: tuple[SupportsIndex | slice, ...]) -> tuple[int, ...]:
    """Return the shape that an index leaves."""
    kept = [
        len(range(*part.indices(length))) for part, length in zip(at, shape, strict=False) if isinstance(part, slice)
    ]
    return (*kept, *shape[len(at) :])


def _position(at: SupportsIndex, length: int) -> int:
    position = index(at)
    if not -length <= position < length:
        raise IndexError(f"expected an index below {length}, got {position}")
    return position % length


def _flattened(nested: Sequence[Any]) -> tuple[list[Any], tuple[int, ...]]:
    """Return the numbers of nested lists, and their shape."""
    level: list[Any] = list(nested)
    shape = [len(level)]
    while level and isinstance(level[0], (list, tuple)):
        length = len(level[0])
        if any(not isinstance(row, (list, tuple)) or len(row) != length for row in level):
            raise ValueError(f"expected rows of {length} elements each on axis {len(shape)}")
        shape.append(length)
        level = [item for row in level for item in row]
    return level, tuple(shape)


def _packed(numbers: list[Any], dtype: str) -> bytes | array.array[Any]:
    if dtype == "bool":
        return bytes(map(bool, numbers))
    if dtype == "f16":
        try:
            return struct.pack(f"<{len(numbers)}e", *numbers)
        except struct.error as error:
            raise TypeError(f"expected numbers: {error}") from error
    return array.array(_DTYPES[dtype][0], numbers)
