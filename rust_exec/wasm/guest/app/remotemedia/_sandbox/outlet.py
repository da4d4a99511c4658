"""Gives bytes to the host: packets and states go out by the standard output, as `schemas/node.wit` describes.

What an export of a componentized Python returns as bytes is never freed; what is written is.
"""

import os
from collections.abc import Callable
from struct import Struct
from typing import Final, TypeAlias

from remotemedia._sandbox import logs
from remotemedia.values import Encoded, encode

# Stream, time, duration and session of a packet.
Origin: TypeAlias = tuple[int, int, int, str]

NO_TIME: Final = -(1 << 63)
_STDOUT: Final = 1
_STDERR: Final = 2
_header: Final = Struct("<IIqqIIII8x").pack
_ZEROS: Final = tuple(bytes(-length % 16) for length in range(16))
# Smaller data is copied behind its header: that is cheaper than a second write.
_SMALL: Final = 8192
_write: Final = os.write


def send(value: object, origin: Origin) -> int:
    """Give a value that is not None as a packet, and return its size in bytes."""
    body = encode(value)
    if body is None:
        raise TypeError("expected a value")
    return send_body(body, origin)


def send_body(body: Encoded, origin: Origin) -> int:
    """Give a packet with this body, and return its size in bytes."""
    kind, text, meta, data = body
    stream, pts, duration, session = origin
    head = text.encode()
    size, length = len(head), len(data)  # type: ignore[arg-type]  # bytes, or a view of bytes
    if not meta and not session:
        header = _header(kind, stream, pts, duration, size, 0, 0, length)
    else:
        side, name = meta.encode(), session.encode()
        header = _header(kind, stream, pts, duration, size, len(side), len(name), length)
        head = head + side + name
        size = len(head)
    if length <= _SMALL:
        give(b"".join((header, head, _ZEROS[size & 15], data)))
    else:
        give(b"".join((header, head, _ZEROS[size & 15])))
        give(data)
    return size + length


def give(content: bytes | memoryview) -> None:
    """Write bytes to the host.

    Raises:
        OSError: the host takes no more in this call.
    """
    written = _write(_STDOUT, content)
    while written < len(content):
        content = memoryview(content)[written:]
        written = _write(_STDOUT, content)


def install() -> None:
    """Keep the author's own writes to the standard descriptors apart: they are lines of the log."""
    os.write = _author_write(os.write)


def _author_write(write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    def author_write(fd: int, data: bytes, /) -> int:
        if fd not in {_STDOUT, _STDERR}:
            return write(fd, data)
        logs.output(bytes(data).decode("utf-8", "replace"), is_error=fd == _STDERR)
        return len(data)

    return author_write
