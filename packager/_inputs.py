"""Reads the project's files, which the compiler has seen already, and notices if they are not the same any more."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from remotemedia.errors import PackageError

BUFFER_SIZE: Final = 1 << 20


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


class CheckedInput:
    """A file of any size as a stream that is hashed while it is read."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream = stream
        self._path = path
        self._hash = hashlib.sha256()

    def read(self, size: int = BUFFER_SIZE, /) -> bytes:
        """Exactly `size` bytes.

        Raises:
            PackageError: the file ends before (RM308).
        """
        chunks = []
        with _readable(self._path):
            while size and (chunk := self._stream.read(size)):
                self._hash.update(chunk)
                chunks.append(chunk)
                size -= len(chunk)
        if size:
            raise _changed(self._path, f"it ends {size} bytes early")
        return b"".join(chunks)  # of one chunk, as is usual: no copy

    def finish(self, digest: str) -> None:
        """Compares what was read with what the compiler found.

        Raises:
            PackageError: the file has more bytes, or others (RM308).
        """
        with _readable(self._path):
            rest = self._stream.read(1)
        if rest:
            raise _changed(self._path, "it has grown")
        if (got := f"sha256:{self._hash.hexdigest()}") != digest:
            raise _changed(self._path, f"expected `{digest}`, got `{got}`")


@contextmanager
def open_input(path: Path) -> Iterator[CheckedInput]:
    """Opens a file.

    Raises:
        PackageError: the file is missing (RM308).
    """
    with _readable(path):
        stream = path.open("rb", buffering=0)
    with stream:
        yield CheckedInput(stream, path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _changed(path, f"it cannot be read: {error.strerror or error}") from error


def _changed(path: Path, how: str) -> PackageError:
    return PackageError(
        f"`{path}` changed while the package was built: {how}",
        code="RM308",
        hint="build again once nothing writes to the project's files",
        path=str(path),
    )
