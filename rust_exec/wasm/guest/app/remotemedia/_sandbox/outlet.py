"""Gives bytes to the host: packets and states go out by the standard output, as `schemas/node.wit` describes.

What an export of a componentized Python returns as bytes is never freed; what is written is.
"""

import os
from collections.abc import Callable
from struct import Struct
from typing import Final

from remotemedia._sandbox import logs
from remotemedia.values import Encoded, encode

_STDOUT: Final = 1
_STDERR: Final = 2
_sizes: Final = Struct("<IIII").pack
_ZEROS: Final = tuple(bytes(-length % 16) for length in range(16))
# Smaller data is copied behind its header: that is cheaper than a second write.
SMALL: Final = 8192
_write: Final = os.write


def send(value: object) -> int:
    """Give a value that is not None as a packet, and return its size in bytes."""
    body = encode(value)
    if body is None:
        raise TypeError("expected a value")
    return send_body(body)


def send_body(body: Encoded) -> int:
    """Give a packet with this body, and return its size in bytes."""
    kind, text, meta, data = body
    length = len(data)  # type: ignore[arg-type]  # bytes, or a view of bytes
    before = header(kind, text, meta, length)
    if length <= SMALL:
        give(b"".join((before, data)))
    else:
        give(before)
        give(data)  # type: ignore[arg-type]  # bytes, or a view of bytes
    return len(before) + length


def header(kind: int, text: str, meta: str, length: int) -> bytes:
    """Return all that stands before the data of a packet."""
    head, side = text.encode(), meta.encode()
    sizes = _sizes(kind, len(head), len(side), length)
    return b"".join((sizes, head, side, _ZEROS[(len(head) + len(side)) & 15]))


def give(content: bytes | memoryview) -> None:
    """Write bytes to the host.

    Raises:
        OSError: the host takes no more in this call.
    """
    while (written := _write(_STDOUT, content)) != len(content):
        content = memoryview(content)[written:]


def install() -> None:
    """Keep the author's own writes to the standard descriptors apart: they are lines of the log."""
    os.write = _author_write(os.write)  # type: ignore[assignment]  # the same


def _author_write(write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    def author_write(fd: int, data: bytes, /) -> int:
        if fd not in {_STDOUT, _STDERR}:
            return write(fd, data)
        logs.output(bytes(data).decode("utf-8", "replace"), is_error=fd == _STDERR)
        return len(data)

    return author_write
