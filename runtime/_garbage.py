"""What the home directory keeps that nothing needs any more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remotemedia.errors import RemoteMediaError
from remotemedia.packager.optimize import trim_attempts
from remotemedia.registry import Cache, Manifest
from remotemedia.runtime._envs import Environments
from remotemedia.runtime._lock import lock_of
from remotemedia.runtime.program import attempt_cache
from remotemedia.runtime.resolve import PackageContents

__all__ = ["Garbage", "collect_garbage"]

_DAY_S: Final = 24 * 3600


@dataclass(frozen=True)
class Garbage:
    """One thing that was, or would be, removed.

    Attributes:
        kind: `package`, `environment`, `attempt`, `blob` or `partial`.
        name: digest, or a file's name.
        size: bytes.
        why: a clause.
    """

    kind: str
    name: str
    size: int
    why: str


def collect_garbage(
    home: Path, *, older_than_days: float, limit: int | None = None, dry_run: bool
) -> tuple[Garbage, ...]:
    """Remove what nothing needs.

    These are packages above `limit` bytes, the one used longest ago first; environments that no cached package states,
    or that were long not used; attempts to make models smaller that were long not used, or take more than `limit`;
    blobs of no cached package, unless packages are being pulled; and what was received of blobs that nobody went on
    with for a day.

    What is in use stays, pinned packages do, and environments that were used within the last day: packages run from
    files are not in the cache.
    """
    cache = Cache(home)
    gone = cache.make_room(limit, dry_run=dry_run) if limit is not None else ()
    found = [Garbage("package", it.digest, it.size, "longest not used, above the size limit") for it in gone]
    found += _environments(home, cache, older_than_days, dry_run=dry_run)
    attempts = trim_attempts(attempt_cache(home), limit=limit, unused_days=older_than_days, dry_run=dry_run)
    found += [Garbage("attempt", it.key, it.size, it.why) for it in attempts]
    found += [Garbage("blob", digest, size, "of no cached package") for digest, size in cache.unused()]
    found += [Garbage("partial", path.name, size, "not touched for a day") for path, size in cache.partials()]
    if not dry_run:
        cache.sweep()
    return tuple(found)


def _environments(home: Path, cache: Cache, older_than_days: float, *, dry_run: bool) -> Iterator[Garbage]:
    environments, wanted = Environments(home), set(_locks(cache))
    for it in environments.all():
        days = (time.time() - it.used) / _DAY_S
        if days >= older_than_days:
            why = f"not used for {days:.0f} days"
        elif it.digest not in wanted and days >= 1:
            why = "no cached package needs it"
        else:
            continue
        if dry_run or environments.remove(it.digest):
            yield Garbage("environment", it.digest, it.size, why)
    if not dry_run:
        environments.sweep()


def _locks(cache: Cache) -> Iterator[str]:
    """Digests of the locks of all cached packages; one that is damaged needs nothing."""
    for entry in cache.list():
        try:
            manifest = Manifest.parse(entry.open().manifest(entry.digest))
            yield lock_of(PackageContents(entry.path, manifest)).digest
        except RemoteMediaError:
            continue
