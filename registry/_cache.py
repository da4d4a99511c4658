"""The cache below the home directory: packages that were pulled, ready to run without a network.

`pipelines/<hex>/` is an OCI layout directory each; its blobs are hard links into `blobs/sha256/`, so that packages
share what they have in common. `refs/` remembers what a reference pointed to when it was pulled last.

# Locks

All are the kernel's, so that a process that is killed leaves none.

- `pipelines/.lock` is shared by who adds or removes packages, and had alone by who sweeps: removes blobs of no package.
- `pipelines/.<hex>.lock` is had alone by who adds or removes that package.
- An entry's directory `blobs` is shared by who uses the package, and had alone by who removes it.

Nobody but who pulls the same package ever waits for a transfer: what cannot be had at once is left for another time.
"""

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from remotemedia.errors import PackageError, RegistryError, RemoteMediaError
from remotemedia.registry import media_types
from remotemedia.registry._blobs import BlobStore
from remotemedia.registry._cache_damage import Damage, find_damage
from remotemedia.registry._cache_entries import CacheEntries, CacheEntry
from remotemedia.registry._cache_locks import Lease, locked
from remotemedia.registry._cache_place import PACKAGES, REFERENCES
from remotemedia.registry._cache_references import CachedReferences
from remotemedia.registry._copy import copy_blobs
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._digest import hex_of
from remotemedia.registry._layout import LayoutDirectory
from remotemedia.registry._layout_source import BLOBS
from remotemedia.registry._ports import Progress, Source
from remotemedia.registry._reference import Reference
from remotemedia.registry._referrers import Referrer, ask_signatures, bundles, fetch_signatures, merged
from remotemedia.trust import strict_json

# Asked with the raw manifest and the Sigstore bundles before any layer moves; refuses by a `RemoteMediaError`.
Judge = Callable[[bytes, list[bytes]], None]

PARTIAL_SECONDS: Final = 24 * 3600.0
"""So long part of a blob is kept, for the next attempt to go on from."""


class Cache:
    """The cache of one home directory; safe to use from several processes at once. Failures are RM408.

    Args:
        home: the directory.
        limit: bytes that packages may take; when one is added, others go, the one used longest ago first. None is
            without limit.
    """

    def __init__(self, home: Path, *, limit: int | None = None) -> None:
        self._pool = BlobStore(home / BLOBS)
        self._entries = CacheEntries(home / PACKAGES, self._pool)
        self._references = CachedReferences(home / REFERENCES)
        self._limit = limit
        self._told: set[Damage] = set()

    # Using

    def get(self, reference: Reference) -> CacheEntry | None:
        """Find what a reference pointed to when it was pulled last; never uses the network.

        The entry is in use as long as the object lives. None if it is not there, or damaged, which is logged.
        """
        digest = self._digest(reference)
        lease = self._entries.lease(digest) if digest is not None else None
        if digest is None or lease is None:
            return None
        damage = find_damage(self._entries.path(digest), digest, thorough=False)
        if not damage:
            return self._entry(digest, lease)
        self._tell(damage, str(reference))
        lease.release()
        return None

    def add(
        self,
        source: Source,
        descriptor: Descriptor,
        reference: Reference | None,
        *,
        judge: Judge | None = None,
        progress: Progress | None = None,
        is_mirror: bool = False,
    ) -> CacheEntry:
        """Pull a package, or revalidate one that is here: manifest and signatures, `judge`, then the layers.

        Signatures are those of the source now: they replace the ones here. If `judge` refuses a package whose
        signatures have changed, the cached version goes too, unless it is in use. A mirror, or a source of which it is
        not known what it has, may add signatures, and takes none away. An entry appears whole or not at all; what was
        received stays, so that the next attempt goes on where this one ended. The entry is in use as long as the object
        lives.
        """
        digest = descriptor.digest
        with self._adding(digest):
            manifest = _package(source.manifest(digest))
            referrers, is_all = ask_signatures(source, digest)
            cached = self._repair(digest, str(reference or digest))
            is_final = is_all and not is_mirror
            if cached and not is_final:
                referrers = merged(fetch_signatures(LayoutDirectory(self._entries.path(digest)), digest), referrers)
            changed = cached and not self._entries.has_referrers(digest, referrers)
            if judge is not None:
                try:
                    judge(manifest.raw, bundles(referrers))
                except RemoteMediaError:
                    if changed and is_final and not self._drop_if_unused(digest):
                        self._entries.replace_referrers(digest, referrers)  # it is not used again, as it is now
                    raise
            if not cached:
                self._build(source, manifest, referrers, progress)
            elif changed:
                self._entries.replace_referrers(digest, referrers)
            if reference is not None:
                self._references.remember(reference.canonical, digest)
            entry = self._entry(digest, self._entries.lease(digest))
        if self._limit is not None:
            self.make_room(self._limit)
        return entry

    # Looking after

    def list(self) -> tuple[CacheEntry, ...]:
        """Give all cached packages, by digest."""
        return tuple(self._entry(digest) for digest in self._entries.digests())

    def references(self, reference: Reference) -> Mapping[str, str]:
        """Give what is known of the same repository: references, with the digests of packages that are here."""
        here = set(self._entries.digests())
        known = self._references.of_repository(reference)
        return {text: digest for text, digest in known.items() if digest in here}

    def places(self, digest: str) -> tuple[str, ...]:
        """Give the references that a package was pulled by, as far as they still point to it."""
        return self._references.to(digest)

    def size(self) -> int:
        """Give the bytes that the cache takes on the disk, shared ones once."""
        return self._pool.size()

    def verify(self, digest: str | None = None) -> tuple[Damage, ...]:
        """Hash one package again, or all; what is damaged is given and put away, to be fetched by the next use."""
        found: list[Damage] = []
        for one in self._entries.digests() if digest is None else (digest,):
            with self._adding(one):
                if self._entries.path(one).is_dir():
                    found += self._put_away(one, thorough=True)
        return tuple(found)

    def pin(self, reference: Reference, *, keep: bool = True) -> CacheEntry:
        """Let a package stay when room is made, or no longer; RM402 if it is not here."""
        entry = self._known(reference)
        self._entries.pin(entry.digest, keep=keep)
        return self._entry(entry.digest)

    def remove(self, reference: Reference) -> tuple[str, ...]:
        """Forget a reference, and the package with it unless another reference is left; gives those that are.

        Raises:
            RegistryError: RM402, it is not here; RM414, it is in use.
        """
        with locked(self._lock, fcntl.LOCK_SH):
            digest = self._known(reference).digest
            others = [text for text in self._references.to(digest) if text != reference.canonical]
            if reference.digest is None and others:
                self._references.forget(reference.canonical)
                return tuple(others)
            if not self._drop(digest):
                raise RegistryError(
                    f"`{reference}` is in use", code="RM414", hint="wait for the runs and pulls of it", digest=digest
                )
        self.sweep()
        return ()

    def clear(self, *, pinned: bool = False) -> tuple[CacheEntry, ...]:
        """Forget every package, and what unfinished pulls have left; gives what stays.

        That is what is in use and, unless such are to go too, what is pinned.
        """
        with locked(self._lock, fcntl.LOCK_SH):
            kept = tuple(it for it in self.list() if (it.pinned and not pinned) or not self._drop(it.digest))
        self.sweep(partials_older_than=0)
        return kept

    def make_room(self, limit: int, *, dry_run: bool = False) -> tuple[CacheEntry, ...]:
        """Remove packages until all together take at most `limit` bytes, the one used longest ago first.

        What is pinned or in use stays; gives what went.
        """
        gone = []
        with locked(self._lock, fcntl.LOCK_SH):
            files = {digest: self._entries.files(digest) for digest in self._entries.digests()}
            for entry in sorted(self.list(), key=lambda it: it.used):
                if sum({name: size for it in files.values() for name, size in it.items()}.values()) <= limit:
                    break
                if not entry.pinned and self._drop(entry.digest, dry_run=dry_run):
                    del files[entry.digest]
                    gone.append(entry)
        if gone and not dry_run:
            self.sweep()
        return tuple(gone)

    def unused(self) -> tuple[tuple[str, int], ...]:
        """Give digest and size of the blobs that belong to no package; none while packages are being pulled."""
        with locked(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
            found = self._unused() if alone else ()
            return tuple((digest, self._pool.path(digest).stat().st_size) for digest in found)

    def partials(self, older_than: float = PARTIAL_SECONDS) -> tuple[tuple[Path, int], ...]:
        """Give path and size of what was received of blobs that are not whole, and not touched for so many seconds."""
        then, found = time.time() - older_than, []
        for path in sorted(self._pool.directory.glob(".*")):
            with suppress(FileNotFoundError):  # whoever writes it may be done at any moment
                status = path.stat()
                found += [(path, status.st_size)] if status.st_mtime <= then else []
        return tuple(found)

    def sweep(self, *, partials_older_than: float = PARTIAL_SECONDS) -> bool:
        """Remove these, and what killed processes left; says whether it could: not while packages are being pulled."""
        with locked(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
            if alone:
                self._entries.sweep()
                self._references.sweep()
                for path, _ in self.partials(partials_older_than):
                    path.unlink(missing_ok=True)
                for digest in self._unused():
                    self._pool.remove(digest)
            return alone

    # Parts

    @property
    def _lock(self) -> Path:
        return self._entries.directory / ".lock"

    @contextmanager
    def _adding(self, digest: str) -> Iterator[None]:
        """Have a package to oneself, waiting for others who have it; the sweep must not take its blobs meanwhile."""
        with locked(self._lock, fcntl.LOCK_SH), locked(self._entries.lock(digest), fcntl.LOCK_EX):
            yield

    def _digest(self, reference: Reference) -> str | None:
        return reference.digest or self._references.get(reference.canonical)

    def _known(self, reference: Reference) -> CacheEntry:
        digest = self._digest(reference)
        if digest is None or not self._entries.path(digest).is_dir():
            raise RegistryError(
                f"there is no `{reference}` in the cache",
                code="RM402",
                hint="`remotemedia cache list` shows it all",
            )
        return self._entry(digest)

    def _entry(self, digest: str, lease: Lease | None = None) -> CacheEntry:
        return self._entries.entry(digest, self._references.to(digest), lease)

    def _repair(self, digest: str, name: str) -> bool:
        """Say whether a package is here and whole; what is damaged is put away."""
        if not self._entries.path(digest).is_dir():
            return False
        damage = self._put_away(digest, thorough=False)
        self._tell(damage, name)
        return not damage

    def _put_away(self, digest: str, *, thorough: bool) -> tuple[Damage, ...]:
        damage = find_damage(self._entries.path(digest), digest, thorough=thorough)
        for it in damage:
            self._entries.put_away(it)
        return damage

    def _tell(self, damage: tuple[Damage, ...], name: str) -> None:
        untold = [it for it in damage if it not in self._told]
        if not untold:
            return
        import logging  # noqa: PLC0415 - slow to import, and few caches are damaged

        log = logging.getLogger(__name__)
        for it in untold:
            what = f"`{it.title}` of it" if it.title else "it"
            log.warning("`%s` was damaged in the cache, %s is to be fetched again: %s", name, what, it.why)
        self._told.update(untold)

    def _build(
        self, source: Source, manifest: Manifest, referrers: Sequence[Referrer], progress: Progress | None
    ) -> None:
        def fill(layout: LayoutDirectory) -> None:
            copy_blobs(source, layout, manifest, progress)
            layout.put_manifest(manifest.raw)

        self._entries.build(manifest.descriptor.digest, referrers, fill)

    def _drop(self, digest: str, *, dry_run: bool = False) -> bool:
        """Remove a package and the references to it, unless somebody pulls or uses it."""
        with locked(self._entries.lock(digest), fcntl.LOCK_EX | fcntl.LOCK_NB) as mine:
            return mine and self._drop_if_unused(digest, dry_run=dry_run)

    def _drop_if_unused(self, digest: str, *, dry_run: bool = False) -> bool:
        lease = self._entries.alone(digest)
        if lease is None:
            return False
        if not dry_run:
            self._forget(digest)
        lease.release()
        return True

    def _forget(self, digest: str) -> None:
        for text in self._references.to(digest):
            self._references.forget(text)
        self._entries.drop(digest)

    def _unused(self) -> tuple[str, ...]:
        used = {name for digest in self._entries.digests() for name in self._entries.files(digest)}
        return tuple(digest for digest in self._pool if hex_of(digest) not in used)


def _package(raw: bytes) -> Manifest:
    manifest = Manifest.parse(raw)
    if manifest.artifact_type != media_types.PACKAGE:
        raise PackageError(
            f"expected the artifact type `{media_types.PACKAGE}`, got {strict_json.shown(manifest.artifact_type)}",
            code="RM301",
        )
    return manifest
