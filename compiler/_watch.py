"""Which files a compilation looked at, so that its result can be used again as long as they stay as they are.

Whatever looks at the file system on behalf of a program says so with `saw`. A path counts also where nothing was found:
a module that appears later changes what an import means.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Seen", "saw", "state_of", "watching"]

_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Seen:
    """What a path was when it was looked at.

    Attributes:
        path: absolute.
        stamp: size, time of modification in nanoseconds and inode of a file; empty otherwise.
        digest: SHA-256 of a file's bytes, or of the names in a directory; empty where there was nothing.
    """

    path: str
    stamp: tuple[int, ...]
    digest: str

    def is_unchanged(self) -> bool:
        """Return whether the path is what it was; a file is read only if its stamp is another one."""
        return (bool(self.stamp) and _stamp(self.path) == self.stamp) or _digest(self.path) == self.digest


_PATHS: ContextVar[set[str] | None] = ContextVar("_PATHS", default=None)


@contextmanager
def watching() -> Iterator[set[str]]:
    """Collect the paths that are looked at meanwhile."""
    paths: set[str] = set()
    token = _PATHS.set(paths)
    try:
        yield paths
    finally:
        _PATHS.reset(token)


def saw(path: str | os.PathLike[str]) -> None:
    """Note that the result depends on what is at a path: a file's bytes, a directory's names, or that nothing is."""
    paths = _PATHS.get()
    if paths is not None:
        paths.add(os.path.abspath(path))  # noqa: PTH100 - a set of strings; `Path.absolute` is ten times slower


def state_of(path: str) -> Seen:
    """Return what a path is now."""
    return Seen(path, _stamp(path), _digest(path))


def _stamp(path: str) -> tuple[int, ...]:
    try:
        found = Path(path).stat()
    except OSError:
        return ()
    return (found.st_size, found.st_mtime_ns, found.st_ino) if not Path(path).is_dir() else ()


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    try:
        if Path(path).is_dir():
            for name in sorted(os.listdir(path)):  # noqa: PTH208 - of names
                digest.update(name.encode(errors="surrogateescape") + b"\0")
        else:
            with Path(path).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()
