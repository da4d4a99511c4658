"""What was found out about files, for as long as they stay what they were.

A note stands for a path and a stamp: size, times of modification and of any change, inode. A stamp is believed only if
it was at rest when it was taken: two changes within one tick of a file system's clock cannot be told apart.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

__all__ = ["TICK", "Notes", "Stamp", "is_at_rest", "rest", "settled", "stamp_of"]

Stamp: TypeAlias = tuple[int, ...]
"""Size, times of modification and of any change in nanoseconds, and inode; empty where nothing can be looked at."""

TICK: Final = 50_000_000
"""Nanoseconds in which a file may change twice and have one time: clocks of file systems are coarse."""

_MAX_NOTE: Final = 4096


def stamp_of(path: str | os.PathLike[str]) -> Stamp:
    """Return what tells that a file has not been touched; empty where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - of strings; `Path.stat` is slower
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def is_at_rest(stamp: Stamp) -> bool:
    """Return whether a change from now on would give another stamp than this one, which was just taken."""
    return bool(stamp) and max(stamp[1:3]) < time.time_ns() - TICK


def rest(path: str | os.PathLike[str]) -> Stamp:
    """Return a file's stamp once it is at rest: at once, or within a tick of its last change."""
    stamp = stamp_of(path)
    if stamp and not is_at_rest(stamp):
        time.sleep(2 * TICK / 1e9)
    return stamp if stamp == stamp_of(path) else ()


def settled(path: str | os.PathLike[str]) -> Stamp:
    """Return a file's stamp once the clock of its file system has gone on, mostly in 4 ms; empty if that is not seen.

    From then on a change would give another stamp. `rest` waits until that is so on every file system, which others can
    tell by `is_at_rest`; here only who gets the stamp knows.
    """
    stamp = stamp_of(path)
    if not stamp or is_at_rest(stamp):
        return stamp
    try:
        probe = os.open(Path(path).parent, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError:  # not every file system has files without a name
        return rest(path)
    try:
        deadline = time.monotonic() + 2 * TICK / 1e9
        while os.fstat(probe).st_mtime_ns <= max(stamp[1:3]):
            if time.monotonic() > deadline:
                return ()
            time.sleep(0.001)
            os.utime(probe)
    finally:
        os.close(probe)
    return stamp if stamp == stamp_of(path) else ()


class Notes:
    """Texts about files.

    Args:
        directory: keeps them for later processes; None keeps them in this object alone.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._known: dict[tuple[str, str], tuple[Stamp, str]] = {}

    def find(self, path: str | os.PathLike[str], kind: str) -> str | None:
        """Return what was noted of a file, unless it has been touched since."""
        stamp, key = stamp_of(path), (os.path.realpath(path), kind)
        if not stamp:
            return None
        if key not in self._known and (loaded := self._load(key)) is not None:
            self._known[key] = loaded
        found = self._known.get(key)
        return found[1] if found is not None and found[0] == stamp else None

    def keep(self, path: str | os.PathLike[str], kind: str, stamp: Stamp, text: str) -> None:
        """Note something of a file that had a stamp, which was at rest when it was taken."""
        key = os.path.realpath(path), kind
        self._known[key] = stamp, text
        place = self._place(key)
        if place is None:
            return
        with suppress(OSError):  # a directory that cannot be written keeps nothing
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as file:
                json.dump([stamp, text], file)
            Path(file.name).replace(place)

    def _place(self, key: tuple[str, str]) -> Path | None:
        if self._directory is None:
            return None
        path, kind = key
        return self._directory / f"{hashlib.sha256(os.fsencode(path)).hexdigest()}.{kind}"

    def _load(self, key: tuple[str, str]) -> tuple[Stamp, str] | None:
        place = self._place(key)
        if place is None:
            return None
        try:
            with place.open("rb") as file:
                stamp, text = json.loads(file.read(_MAX_NOTE))
            os.utime(place)  # those that were used least recently go first
            return tuple(map(int, stamp)), str(text)
        except (OSError, ValueError, TypeError):  # there is none, or it is damaged
            return None
