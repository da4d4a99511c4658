"""What attempts of earlier builds take, and how they go: the ones used longest ago first."""

import fcntl
import math
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remotemedia.packager.optimize._store import BLOBS, LOCK, SUFFIX, read_record

MOST_BYTES: Final = 8 << 30
"""What results take at most where no smaller limit is given."""

_MOST: Final = 1024  # attempts
_DAY_S: Final = 24 * 3600


@dataclass(frozen=True)
class RemovedAttempt:
    """An attempt that was, or would be, removed.

    Attributes:
        key: of the attempt.
        size: bytes of its result; 0 if it has none, or an attempt that stays has the same.
        why: a clause.
    """

    key: str
    size: int
    why: str


def kept_attempts(directory: Path) -> tuple[int, int]:
    """Return how many attempts are kept, and how many bytes their results take."""
    sizes = [_size(path) for path in (directory / BLOBS).glob("*")]
    return len(_records(directory)), sum(sizes)


def forget_attempts(directory: Path) -> bool:
    """Remove all attempts; False if a build uses them, and they stay."""
    with _alone(directory) as is_alone:
        if is_alone:
            for record in _records(directory):
                record.unlink(missing_ok=True)
            shutil.rmtree(directory / BLOBS, ignore_errors=True)
        return is_alone


def trim_attempts(
    directory: Path, *, limit: int | None = None, unused_days: float = math.inf, dry_run: bool = False
) -> tuple[RemovedAttempt, ...]:
    """Remove attempts that were long not used, and the ones used longest ago where results take too much.

    Args:
        directory: of an `AttemptStore`; nothing is removed while a build uses it.
        limit: bytes that results may take, where that is less than `MOST_BYTES`.
        unused_days: after which an attempt goes.
        dry_run: only tell what would be removed.
    """
    with _alone(directory) as is_alone:
        if not is_alone:
            return ()
        found = tuple(_stale(directory, MOST_BYTES if limit is None else min(limit, MOST_BYTES), unused_days))
        if not dry_run:
            for it in found:
                (directory / f"{it.key}{SUFFIX}").unlink(missing_ok=True)
            _sweep(directory)
        return found


def _stale(directory: Path, most: int, unused_days: float) -> Iterator[RemovedAttempt]:
    staying: set[str | None] = {None}
    taken = 0
    for number, record in enumerate(_records(directory)):
        sha256 = _result(record)
        size = 0 if sha256 in staying else _size(directory / BLOBS / str(sha256))
        days = (time.time() - _used(record)) / _DAY_S
        if days >= unused_days:
            yield RemovedAttempt(record.stem, size, f"not used for {days:.0f} days")
        elif number >= _MOST or taken + size > most:
            yield RemovedAttempt(record.stem, size, "longest not used, above the size limit")
        else:
            staying.add(sha256)
            taken += size


def _sweep(directory: Path) -> None:
    """Remove results that no attempt names, and what interrupted builds have left."""
    named = {_result(record) for record in _records(directory)}
    for path in (directory / BLOBS).glob("*"):
        if path.name not in named:
            path.unlink(missing_ok=True)


def _records(directory: Path) -> list[Path]:
    """What is said of attempts; the ones used last come first."""
    return sorted(directory.glob(f"*{SUFFIX}"), key=_used, reverse=True)


def _result(record: Path) -> str | None:
    found = read_record(record)
    return found[1] if found is not None else None


def _used(record: Path) -> float:
    """When an attempt was used last, in seconds since 1970; 0 if it has just gone."""
    try:
        return record.stat().st_mtime
    except OSError:
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@contextmanager
def _alone(directory: Path) -> Iterator[bool]:
    """Whether no build uses the directory; none can until the end of the context."""
    try:
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # there is nothing
        yield True
        return
    try:
        yield _is_had(lock)
    finally:
        os.close(lock)


def _is_had(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
