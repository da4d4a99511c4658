"""Which files a compilation looked at, so that its result can be used again as long as they stay as they are.

Whatever looks at the file system on behalf of a program says so with `saw`. A path counts also where nothing was found:
a module that appears later changes what an import means.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Seen", "Stamp", "saw", "state_of", "watching"]

Stamp: TypeAlias = tuple[int, ...]
"""Size, times of modification and of any change in nanoseconds, and inode; empty where nothing can be looked at."""

_TICK: Final = 50_000_000
"""Nanoseconds in which a file may change twice and have one time: clocks of file systems are coarse."""


@dataclass(frozen=True)
class Seen:
    """What a path was when it was looked at.

    Attributes:
        path: absolute.
        stamp: what tells that it has not been touched since; empty where that cannot be told.
        digest: SHA-256 of a file's bytes, or of the names in a directory; empty where there was nothing.
    """

    path: str
    stamp: Stamp
    digest: str

    def is_unchanged(self) -> bool:
        """Return whether the path is what it was; it is read only if its stamp is another one."""
        return (bool(self.stamp) and _stamp(self.path) == self.stamp) or _digest(self.path) == self.digest


_PATHS: ContextVar[dict[str, Stamp] | None] = ContextVar("_PATHS", default=None)


@contextmanager
def watching() -> Iterator[dict[str, Stamp]]:
    """Collect the paths that are looked at meanwhile, each with its stamp before it was."""
    paths: dict[str, Stamp] = {}
    token = _PATHS.set(paths)
    try:
        yield paths
    finally:
        _PATHS.reset(token)


def saw(path: str | os.PathLike[str]) -> None:
    """Note that the result depends on what is at a path: a file's bytes, a directory's names, or that nothing is."""
    paths = _PATHS.get()
    if paths is not None:
        name = os.path.abspath(path)  # noqa: PTH100 - of strings; `Path.absolute` is ten times slower
        if name not in paths:
            paths[name] = _stamp(name)


def state_of(path: str, before: Stamp) -> Seen | None:
    """Return what a path is, if it still is what it was when it had that stamp; None if it has changed meanwhile."""
    digest, now = _digest(path), time.time_ns()
    if _stamp(path) != before:
        return None
    is_at_rest = bool(before) and before[2] < now - _TICK
    return Seen(path, before if is_at_rest else (), digest)


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)  # noqa: PTH116 - of a string, as above
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _digest(path: str) -> str:
    try:
        if Path(path).is_dir():
            names = sorted(os.listdir(path))  # noqa: PTH208 - of names
            return hashlib.sha256(b"".join(os.fsencode(name) + b"\0" for name in names)).hexdigest()
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
