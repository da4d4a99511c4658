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
from typing import TYPE_CHECKING

from remotemedia.compiler._digests import LARGE
from remotemedia.compiler._notes import TICK, stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._digests import Digests
    from remotemedia.compiler._notes import Stamp

__all__ = ["Seen", "saw", "state_of", "watching"]


@dataclass(frozen=True)
class Seen:
    """What a path was when it was looked at.

    Attributes:
        path: absolute.
        stamp: what tells that it has not been touched since; empty where that cannot be told.
        digest: SHA-256 of a file's bytes, or of the names in a directory; empty where there was nothing.
    """

    path: str
    stamp: tuple[int, ...]
    digest: str

    def is_unchanged(self, digests: Digests) -> bool:
        """Return whether the path is what it was, as far as can be told without reading a large file."""
        now = stamp_of(self.path)
        if self.stamp and now == self.stamp:
            return True
        if now and now[0] >= LARGE and not Path(self.path).is_dir():
            return digests.known(self.path) == self.digest
        return _digest(self.path, digests) == self.digest


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
            paths[name] = stamp_of(name)


def state_of(path: str, before: Stamp, digests: Digests) -> Seen | None:
    """Return what a path is, if it still is what it was when it had that stamp; None if it has changed meanwhile."""
    digest, now = _digest(path, digests), time.time_ns()
    if stamp_of(path) != before:
        return None
    is_at_rest = bool(before) and before[2] < now - TICK
    return Seen(path, before if is_at_rest else (), digest)


def _digest(path: str, digests: Digests) -> str:
    try:
        if Path(path).is_dir():
            names = sorted(os.listdir(path))  # noqa: PTH208 - of names
            return hashlib.sha256(b"".join(os.fsencode(name) + b"\0" for name in names)).hexdigest()
        return digests.of(path)
    except OSError:
        return ""
