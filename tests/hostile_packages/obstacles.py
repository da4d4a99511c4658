"""A disk that is full and directories that are read-only, for one block of code: without privileges, or with all."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["full_beyond", "read_only"]

_OVERRIDING = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH (capabilities(7))
_VERSION = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def full_beyond(size: int) -> Iterator[None]:
    """Let every file end at so many bytes: what is written beyond fails, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Let nobody write into a directory: not root either, in this thread and in those that it starts."""
    mode = directory.stat().st_mode & 0o7777
    directory.chmod(0o555)
    try:
        with _as_anybody():
            yield
    finally:
        directory.chmod(mode)


@contextmanager
def _as_anybody() -> Iterator[None]:
    """Give up what lets root write everywhere, for a while: it stays permitted, and becomes effective again."""
    if os.geteuid() != 0:
        yield
        return
    header, data = (ctypes.c_uint32 * 2)(_VERSION, 0), (ctypes.c_uint32 * 6)()
    _checked(_libc.capget(header, data))
    before = data[0]
    data[0] = before & ~_OVERRIDING
    _checked(_libc.capset(header, data))
    try:
        yield
    finally:
        data[0] = before
        _checked(_libc.capset(header, data))


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
