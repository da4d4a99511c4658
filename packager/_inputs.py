"""Copies the project's files, which the compiler has seen already, and notices if they are not the same any more."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from remotemedia.errors import PackageError

_BUFFER: Final = 1 << 20
_AT_ONCE: Final = 256 << 20  # that much is copied by one call, between which an interrupt is heard


def newest(paths: Iterable[Path]) -> int:
    """The latest time of modification in whole seconds since 1970, or 0 without paths.

    Raises:
        PackageError: a file is missing (RM308).
    """
    latest = 0
    for path in paths:
        with _readable(path):
            latest = max(latest, int(path.stat().st_mtime))
    return latest


def copy_checked(path: Path, size: int, digest: str, target: int, offset: int) -> None:
    """Copy a file into another one, and hash it on the way.

    Args:
        path: the file.
        size: how long it must be.
        digest: what it must have, `sha256:…`.
        target: a descriptor of the other file.
        offset: where it goes to.

    Raises:
        PackageError: the file is missing, or is not what the compiler found (RM308).
        OSError: the other file cannot be written.
    """
    found = hashlib.sha256()
    at = 0
    buffer = memoryview(bytearray(min(size + 1, _BUFFER)))
    with _opened(path) as source:
        while True:
            with _readable(path):
                count = os.readv(source, [buffer])
            if not count:
                break
            if at + count > size:
                raise changed(path, "it has grown")
            found.update(buffer[:count])
            _write(target, buffer[:count], offset + at)
            at += count
    if at < size:
        raise changed(path, f"it ends {size - at} bytes early")
    if (got := f"sha256:{found.hexdigest()}") != digest:
        raise changed(path, f"expected `{digest}`, got `{got}`")


def copy_unchecked(path: Path, size: int, target: int, offset: int) -> None:
    """Copy a file into another one without looking at it: in the kernel, which shares the bytes where it can.

    Raises:
        PackageError: the file is missing or too short (RM308).
        OSError: the other file cannot be written, or the kernel cannot copy between the two.
    """
    with _opened(path) as source:
        at = 0
        while at < size:
            count = os.copy_file_range(source, target, min(size - at, _AT_ONCE), at, offset + at)
            if not count:
                raise changed(path, f"it ends {size - at} bytes early")
            at += count


def changed(path: Path, how: str) -> PackageError:
    """The failure of a build whose inputs change."""
    return PackageError(
        f"`{path}` changed while the package was built: {how}",
        code="RM308",
        hint="build again once nothing writes to the project's files",
        path=str(path),
    )


def _write(target: int, content: memoryview, offset: int) -> None:
    while content:
        count = os.pwrite(target, content, offset)
        content, offset = content[count:], offset + count


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    with _readable(path):
        descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise changed(path, f"it cannot be read: {error.strerror or error}") from error
