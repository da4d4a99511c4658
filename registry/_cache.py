"""The cache below the home directory: packages that were pulled, ready to run without a network.

`pipelines/<hex>/` is an OCI layout directory each; its blobs are hard links into `blobs/sha256/`, so that packages
share what they have in common. `refs/` remembers what a reference pointed to when it was pulled last.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from remotemedia.errors import PackageError, RegistryError, RemoteMediaError
from remotemedia.registry import media_types
from remotemedia.registry._blobs import BlobStore, cannot_write
from remotemedia.registry._copy import Referrer, bundles, copy_blobs, fetch_referrers, put_referrer
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._digest import digest_of, hex_of, is_digest
from remotemedia.registry._layout import LayoutDirectory
from remotemedia.registry._layout_source import BLOBS
from remotemedia.registry._ports import Progress, Source
from remotemedia.registry._reference import Reference
from remotemedia.trust import strict_json

# Asked with the raw manifest and the Sigstore bundles before any layer moves; refuses by a `RemoteMediaError`.
Judge = Callable[[bytes, list[bytes]], None]

_TEMPORARY = ".new-"


@dataclass(frozen=True)
class CacheEntry:
    """A cached package.

    Attributes:
        digest: its identity, the digest of its manifest.
        path: the layout directory.
        references: what pointed to it when it was pulled.
        size: bytes of its content, including what it shares with others.
    """

    digest: str
    path: Path
    references: tuple[str, ...]
    size: int

    def open(self) -> LayoutDirectory:
        """Read it as a source."""
        return LayoutDirectory(self.path)


@dataclass(frozen=True)
class Damage:
    """A cached package that is not whole: what is wrong with which file."""

    digest: str
    why: str


class Cache:
    """The cache of one home directory; safe to use from several processes at once. Failures are RM408."""

    def __init__(self, home: Path) -> None:
        self._pipelines = home / "pipelines"
        self._refs = home / "refs"
        self._pool = BlobStore(home / BLOBS)

    def get(self, reference: Reference) -> CacheEntry | None:
        """Find what a reference pointed to when it was pulled last; never uses the network."""
        digest = reference.digest or self._remembered(reference.canonical)
        if digest is None or not self._path(digest).is_dir():
            return None
        return self._entry(digest)

    def add(
        self,
        source: Source,
        descriptor: Descriptor,
        reference: Reference | None,
        *,
        judge: Judge | None = None,
        progress: Progress | None = None,
    ) -> CacheEntry:
        """Pull a package, or revalidate one that is here: manifest and signatures, `judge`, then the layers.

        Signatures are those of the source now: they replace the ones here. If `judge` refuses a package whose
        signatures have changed, the cached version goes too. An entry appears whole or not at all; blobs that were
        checked stay, so that the next attempt goes on where this one ended.
        """
        with self._locked(fcntl.LOCK_SH), self._locked(fcntl.LOCK_EX, descriptor.digest):
            manifest = _package(source.manifest(descriptor.digest))
            referrers = fetch_referrers(source, descriptor.digest)
            cached = self._is_whole(manifest)
            changed = cached and not self._has_referrers(descriptor.digest, referrers)
            if judge is not None:
                try:
                    judge(manifest.raw, bundles(referrers))
                except RemoteMediaError:
                    if changed:
                        self._drop(descriptor.digest)
                    raise
            if not cached:
                self._build(source, manifest, referrers, progress)
            elif changed:
                self._replace_referrers(descriptor.digest, referrers)
            if reference is not None:
                self._remember(reference.canonical, descriptor.digest)
            return self._entry(descriptor.digest)

    def list(self) -> tuple[CacheEntry, ...]:
        """Give all cached packages, by digest."""
        return tuple(self._entry(digest) for digest in self._digests())

    def size(self) -> int:
        """Give the bytes that the cache takes on the disk, shared ones once."""
        return sum(self._pool.path(digest).stat().st_size for digest in self._pool)

    def verify(self) -> tuple[Damage, ...]:
        """Hash everything again; gives what is damaged."""
        return tuple(damage for digest in self._digests() for damage in self._check(digest))

    def unused(self) -> tuple[tuple[str, int], ...]:
        """Give digest and size of the blobs that belong to no package, such as those of unfinished pulls."""
        with self._locked(fcntl.LOCK_EX):
            return tuple((digest, self._pool.path(digest).stat().st_size) for digest in self._unused())

    def sweep(self) -> None:
        """Remove them, and what killed processes left."""
        with self._locked(fcntl.LOCK_EX):
            self._sweep()

    def remove(self, reference: Reference) -> None:
        """Forget a reference, and the package with it unless another reference is left; RM402 if it is not here."""
        with self._locked(fcntl.LOCK_EX):
            entry = self.get(reference)
            if entry is None:
                raise RegistryError(
                    f"there is no `{reference}` in the cache",
                    code="RM402",
                    hint="`remotemedia cache list` shows it all",
                )
            if reference.digest is None:
                self._ref_path(reference.canonical).unlink(missing_ok=True)
            if reference.digest is not None or not self._references(entry.digest):
                self._drop(entry.digest)
            self._sweep()

    def clear(self) -> None:
        """Forget every package, and what unfinished pulls have left."""
        with self._locked(fcntl.LOCK_EX):
            for digest in self._digests():
                self._drop(digest)
            self._sweep()

    # Entries

    def _path(self, digest: str) -> Path:
        return self._pipelines / hex_of(digest)

    def _digests(self) -> Sequence[str]:
        names = sorted(path.name for path in self._pipelines.glob("*") if path.is_dir())
        return [digest for name in names if is_digest(digest := f"sha256:{name}")]

    def _entry(self, digest: str) -> CacheEntry:
        path = self._path(digest)
        size = sum(file.stat().st_size for file in (path / BLOBS).glob("[0-9a-f]*"))
        return CacheEntry(digest, path, tuple(self._references(digest)), size)

    def _build(
        self, source: Source, manifest: Manifest, referrers: Sequence[Referrer], progress: Progress | None
    ) -> None:
        """Make an entry beside its place, and move it there when it is whole."""
        path = self._path(manifest.descriptor.digest)
        if path.is_dir():
            self._drop(manifest.descriptor.digest)
        temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self._pipelines))
        try:
            layout = LayoutDirectory(temporary, pool=self._pool)
            for referrer in referrers:
                put_referrer(layout, referrer)
            copy_blobs(source, layout, manifest, progress)
            layout.put_manifest(manifest.raw)
            temporary.chmod(0o755)
            temporary.rename(path)
        except OSError as exc:
            raise cannot_write(path, exc) from exc
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _is_whole(self, manifest: Manifest) -> bool:
        """Say whether all files are here, by size; `verify` hashes them, and so does whoever runs them."""
        blobs = BlobStore(self._path(manifest.descriptor.digest) / BLOBS)
        return all(blobs.has(descriptor) for descriptor in (manifest.descriptor, *manifest.blobs))

    def _has_referrers(self, digest: str, referrers: Sequence[Referrer]) -> bool:
        here = {descriptor.digest for descriptor in LayoutDirectory(self._path(digest)).referrers(digest)}
        return here == {referrer.manifest.descriptor.digest for referrer in referrers}

    def _replace_referrers(self, digest: str, referrers: Sequence[Referrer]) -> None:
        layout = LayoutDirectory(self._path(digest), pool=self._pool)
        for referrer in referrers:
            for descriptor, data in referrer.blobs:
                if not layout.has_blob(descriptor):
                    layout.put_blob(descriptor, [data])
        layout.replace_referrers(digest, [referrer.manifest.raw for referrer in referrers])

    def _drop(self, digest: str) -> None:
        for text in self._references(digest):
            self._ref_path(text).unlink(missing_ok=True)
        try:
            # First out of sight, in one step, so that nobody finds half a package.
            gone = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self._pipelines))
            self._path(digest).rename(gone / "entry")
            shutil.rmtree(gone)
        except OSError as exc:
            raise cannot_write(self._path(digest), exc) from exc

    def _sweep(self) -> None:
        """Remove blobs that no entry uses and what killed processes left; nobody adds meanwhile."""
        for path in [*self._pipelines.glob(f"{_TEMPORARY}*"), *self._pool.directory.glob(".part-*")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for lock in self._pipelines.glob(".*.lock"):
            lock.unlink()
        for digest in self._unused():
            self._pool.remove(digest)

    def _unused(self) -> Sequence[str]:
        used = {file.name for digest in self._digests() for file in (self._path(digest) / BLOBS).iterdir()}
        return [digest for digest in self._pool if hex_of(digest) not in used]

    def _check(self, digest: str) -> Iterator[Damage]:
        source = LayoutDirectory(self._path(digest))
        try:
            manifest = Manifest.parse(source.manifest(digest))
        except PackageError as exc:
            yield Damage(digest, str(exc))
            return
        for blob in manifest.blobs:
            try:
                for _ in source.open_blob(blob):
                    pass
            except PackageError as exc:
                yield Damage(digest, str(exc))
        try:
            fetch_referrers(source, digest)
        except PackageError as exc:
            yield Damage(digest, str(exc))

    # References

    def _ref_path(self, text: str) -> Path:
        return self._refs / f"{hex_of(digest_of(text.encode()))}.json"

    def _remember(self, text: str, digest: str) -> None:
        path = self._ref_path(text)
        try:
            self._refs.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._refs, prefix=_TEMPORARY, delete=False) as file:
                file.write(strict_json.dumps({"reference": text, "digest": digest}))
            Path(file.name).replace(path)
        except OSError as exc:
            raise cannot_write(path, exc) from exc

    def _remembered(self, text: str) -> str | None:
        found = _read_ref(self._ref_path(text))
        return found[1] if found is not None else None

    def _references(self, digest: str) -> Sequence[str]:
        found = [_read_ref(path) for path in self._refs.glob("[0-9a-f]*.json")]
        return sorted(ref[0] for ref in found if ref is not None and ref[1] == digest)

    # Locks

    @contextmanager
    def _locked(self, how: int, digest: str | None = None) -> Iterator[None]:
        """Lock one package, or the cache as a whole: adding shares it, removing has it alone."""
        path = self._pipelines / (f".{hex_of(digest)}.lock" if digest is not None else ".lock")
        try:
            self._pipelines.mkdir(parents=True, exist_ok=True)
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as exc:
            raise cannot_write(path, exc) from exc
        try:
            fcntl.flock(lock, how)
            yield
        finally:
            os.close(lock)


def _package(raw: bytes) -> Manifest:
    manifest = Manifest.parse(raw)
    if manifest.artifact_type != media_types.PACKAGE:
        raise PackageError(
            f"expected the artifact type `{media_types.PACKAGE}`, got {strict_json.shown(manifest.artifact_type)}",
            code="RM301",
        )
    return manifest


def _read_ref(path: Path) -> tuple[str, str] | None:
    """Give reference and digest; a file that is not whole is as good as none: the reference is pulled again."""
    try:
        document = strict_json.loads_object(path.read_bytes())
        reference, digest = document["reference"], document["digest"]
    except (OSError, ValueError, KeyError):
        return None
    if not isinstance(reference, str) or not isinstance(digest, str) or not is_digest(digest):
        return None
    return reference, digest
