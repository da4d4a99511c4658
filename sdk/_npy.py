"""Arrays as files: the npy format, version 1.0 (numpy's `doc/neps/nep-0001-npy-format.rst`).

Written here rather than by numpy, so that equal arrays have equal bytes whatever numpy is installed, also none.
"""

from __future__ import annotations

import ast
import math
from typing import Final

from remotemedia.array import Array

__all__ = ["DTYPES", "read_npy", "write_npy"]

_MAGIC: Final = b"\x93NUMPY\x01\x00"
_ALIGNMENT: Final = 64
_MAX_HEADER: Final = 4096
_MAX_AXES: Final = 32
DTYPES: Final = {
    "|b1": "bool",
    **{f"{'|' if size == 1 else '<'}{sign}{size}": f"{sign}{8 * size}" for sign in "iu" for size in (1, 2, 4, 8)},
    **{f"<f{size}": f"f{8 * size}" for size in (2, 4, 8)},
}
"""numpy's name of an element type → that of `Array`."""


def write_npy(typestr: str, shape: tuple[int, ...], data: bytes) -> bytes:
    """Return the file of an array.

    Args:
        typestr: numpy's name of its element type, little-endian: `<f4`.
        shape: the length of each axis.
        data: the elements, little-endian, the last axis running fastest.
    """
    # A header is padded with blanks so that the elements begin at a multiple of 64 bytes.
    header = f"{{'descr': '{typestr}', 'fortran_order': False, 'shape': {shape!r}, }}".encode("ascii")
    blanks = -(len(_MAGIC) + 2 + len(header) + 1) % _ALIGNMENT
    header += b" " * blanks + b"\n"
    return b"".join((_MAGIC, len(header).to_bytes(2, "little"), header, data))


def read_npy(file: bytes) -> Array:
    """Return the array of a file, in C order and of an element type that `Array` has.

    Raises:
        ValueError: it is not such a file.
    """
    if not file.startswith(_MAGIC) or len(file) < len(_MAGIC) + 2:
        raise ValueError("expected a file of the npy format, version 1.0, got another")
    start = len(_MAGIC) + 2
    size = int.from_bytes(file[len(_MAGIC) : start], "little")
    if size > _MAX_HEADER:
        raise ValueError(f"expected an npy header of at most {_MAX_HEADER} bytes, got {size}")
    try:
        header = ast.literal_eval(file[start : start + size].decode("ascii").strip())
        descr, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise ValueError("expected an npy header, got something else") from error
    lengths = isinstance(shape, tuple) and len(shape) <= _MAX_AXES and all(type(length) is int for length in shape)
    if descr not in DTYPES or fortran is not False or not lengths:
        raise ValueError(f"expected numbers in C order, got `{descr!r:.20}` of the shape `{shape!r:.80}`")
    items = memoryview(file)[start + size :]
    if any(length < 0 for length in shape) or math.prod(shape) * int(descr[2:]) != len(items):
        raise ValueError(f"expected the bytes of the shape {shape!r:.80}, got {len(items)}")
    return Array(items, DTYPES[descr], shape)
