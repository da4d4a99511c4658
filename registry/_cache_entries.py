"""The packages of the cache: a directory each, which is an OCI layout that appears, and goes, in one step."""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from remotemedia.registry._blobs import BlobStore
from remotemedia.registry._cache_damage import Damage
from remotemedia.registry._cache_locks import Lease
from remotemedia.registry._digest import hex_of, is_digest
from remotemedia.registry._layout import LayoutDirectory
from remotemedia.registry._layout_source import BLOBS
from remotemedia.registry._referrers import Referrer, put_referrer_blobs
from remotemedia.registry._unwritable import cannot_write

_TEMPORARY = ".new-"


@dataclass(frozen=True)
class CacheEntry:
    """A cached package.

    Attributes:
        digest: its identity, the digest of its manifest.
        path: the layout directory.
        references: what pointed to it when it was pulled.
        size: bytes of its content, including what it shares with others.
        used: when it was used last, in seconds since 1970.
        pinned: whether it stays when room is made.
        lease: keeps it from being removed, as long as this object lives; None for one that was only listed.
    """

    digest: str
    path: Path
    references: tuple[str, ...]
    size: int
    used: float = 0.0
    pinned: bool = False
    lease: Lease | None = field(default=None, repr=False, compare=False)

    def open(self) -> LayoutDirectory:
        """Read it as a source."""
        return LayoutDirectory(self.path)


class CacheEntries:
    """The directory `pipelines/`; its blobs are links into a pool. Whoever changes an entry holds its lock."""

    def __init__(self, directory: Path, pool: BlobStore) -> None:
        self.directory = directory
        self._pool = pool

    def path(self, digest: str) -> Path:
        """Give the directory of a package, there or not."""
        return self.directory / hex_of(digest)

    def digests(self) -> Sequence[str]:
        """Give those that are there."""
        names = sorted(path.name for path in self.directory.glob("[0-9a-f]*") if path.is_dir())
        return [digest for name in names if is_digest(digest := f"sha256:{name}")]

    def entry(self, digest: str, references: tuple[str, ...], lease: Lease | None = None) -> CacheEntry:
        """Describe one that is there."""
        path, used = self.path(digest), 0.0
        with suppress(FileNotFoundError):  # it may go at any moment, unless there is a lease
            used = path.stat().st_mtime
        return CacheEntry(digest, path, references, sum(self.files(digest).values()), used, self.pinned(digest), lease)

    def files(self, digest: str) -> dict[str, int]:
        """Give names (hex) and sizes of its blobs."""
        with suppress(FileNotFoundError), os.scandir(self.path(digest) / BLOBS) as files:
            return {file.name: file.stat().st_size for file in files if not file.name.startswith(".")}
        return {}

    def lease(self, digest: str) -> Lease | None:
        """Take one, and note the use; None if the package is not there."""
        lease = Lease.take(self.path(digest) / "blobs")
        if lease is not None:
            with suppress(OSError):  # a cache that cannot be written serves all the same
                os.utime(self.path(digest))
        return lease

    def alone(self, digest: str) -> Lease | None:
        """Have a package to oneself, to remove it; None if it is in use."""
        blobs = self.path(digest) / "blobs"
        # Where there is no such directory there is nothing to use.
        return Lease.alone(blobs if blobs.is_dir() else self.path(digest))

    def lock(self, digest: str) -> Path:
        """Give the file that is locked by who adds or removes a package."""
        return self.directory / f".{hex_of(digest)}.lock"

    def pinned(self, digest: str) -> bool:
        """Say whether a package is to stay."""
        return self._pin(digest).exists()

    def pin(self, digest: str, *, keep: bool) -> None:
        """Let a package stay when room is made, or no longer."""
        try:
            if keep:
                self._pin(digest).touch()
            else:
                self._pin(digest).unlink(missing_ok=True)
        except OSError as exc:
            raise cannot_write(self._pin(digest), exc) from exc

    def build(self, digest: str, referrers: Sequence[Referrer], fill: Callable[[LayoutDirectory], None]) -> None:
        """Make an entry beside its place, and move it there when it is whole; an older one goes.

        Args:
            digest: the package's.
            referrers: what goes into the layout first.
            fill: puts in the rest.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self.directory))
        try:
            layout = LayoutDirectory(temporary, pool=self._pool)
            _refer(layout, digest, referrers)
            fill(layout)
            temporary.chmod(0o755)
            if self.path(digest).is_dir():
                self.drop(digest)
            temporary.rename(self.path(digest))
        except OSError as exc:
            raise cannot_write(self.path(digest), exc) from exc
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def has_referrers(self, digest: str, referrers: Sequence[Referrer]) -> bool:
        """Say whether exactly these refer to a package here."""
        here = {descriptor.digest for descriptor in LayoutDirectory(self.path(digest)).referrers(digest)}
        return here == {referrer.manifest.descriptor.digest for referrer in referrers}

    def replace_referrers(self, digest: str, referrers: Sequence[Referrer]) -> None:
        """Let exactly these refer to a package."""
        _refer(LayoutDirectory(self.path(digest), pool=self._pool), digest, referrers)

    def drop(self, digest: str) -> None:
        """Remove a package: first out of sight, in one step, so that nobody finds half of it."""
        try:
            gone = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self.directory))
            self.path(digest).rename(gone / "entry")
            shutil.rmtree(gone)
        except OSError as exc:
            raise cannot_write(self.path(digest), exc) from exc

    def sweep(self) -> None:
        """Remove what killed processes left; nobody makes an entry meanwhile."""
        for path in self.directory.glob(f"{_TEMPORARY}*"):
            shutil.rmtree(path, ignore_errors=True)
        for lock in self.directory.glob(".*.lock"):
            lock.unlink(missing_ok=True)
        for pin in self.directory.glob(".*.pin"):
            if not (self.directory / pin.name.removeprefix(".").removesuffix(".pin")).is_dir():
                pin.unlink(missing_ok=True)

    def put_away(self, damage: Damage) -> None:
        """Forget a damaged file, here and in the pool: it is to be fetched again, and by no link to be found."""
        if damage.blob is not None:
            BlobStore(self.path(damage.digest) / BLOBS).remove(damage.blob)
            self._pool.remove(damage.blob)

    def _pin(self, digest: str) -> Path:
        return self.directory / f".{hex_of(digest)}.pin"


def _refer(layout: LayoutDirectory, digest: str, referrers: Sequence[Referrer]) -> None:
    for referrer in referrers:
        put_referrer_blobs(layout, referrer)
    layout.replace_referrers(digest, [referrer.manifest.raw for referrer in referrers])
