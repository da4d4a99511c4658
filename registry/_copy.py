"""Copying a package from anywhere to anywhere: the manifest last."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry import media_types
from remotemedia.registry._content import BytesContent, SourceContent
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._ports import Mounting, Progress, ProgressEvent, Source, Target
from remotemedia.registry._workers import Workers

JOBS = 4
"""Blobs that move at the same time."""

_MAX_REFERRERS = 64
_MAX_REFERRERS_BYTES = 64 << 20  # of all together, as they are in memory
_REFERRER_ROUNDS = 3

_T = TypeVar("_T")


@dataclass(frozen=True)
class Referrer:
    """A manifest that refers to a package, and its blobs: signatures and the like are small."""

    manifest: Manifest
    blobs: tuple[tuple[Descriptor, bytes], ...]

    @property
    def bundle(self) -> bytes | None:
        """The Sigstore bundle that this is, if it is one: a single layer of that type (cosign 3)."""
        layers = self.manifest.layers
        if self.manifest.artifact_type != media_types.BUNDLE or len(layers) != 1:
            return None
        return next(data for descriptor, data in self.blobs if descriptor.digest == layers[0].digest)


def copy(
    source: Source,
    target: Target,
    descriptor: Descriptor,
    *,
    tag: str | None = None,
    progress: Progress | None = None,
    jobs: int = JOBS,
) -> None:
    """Copy a package with all its referrers; what the target has is skipped.

    The order makes the target consistent at every moment: whoever sees the tag finds all bytes and all signatures.
    Bytes that do not match their digest end the copy (RM405 from a registry, RM302 from a file) and are not stored.
    `jobs` blobs move at the same time; `progress` is called from several threads, but never by two at once.
    """
    manifest = Manifest.parse(source.manifest(descriptor.digest))
    referrers = _unlisted(target, descriptor.digest, fetch_referrers(source, descriptor.digest, jobs=jobs))
    beside = [partial(_put_referrers, target, descriptor.digest, referrers)] if referrers else []
    copy_blobs(source, target, manifest, progress, jobs, beside=beside)
    target.put_manifest(manifest.raw, tag)


def bundles_of(source: Source, digest: str) -> list[bytes]:
    """Give the Sigstore bundles that refer to a package, as `trust.verify` reads them."""
    return bundles(fetch_referrers(source, digest, media_types.BUNDLE))


def bundles(referrers: Sequence[Referrer]) -> list[bytes]:
    """Pick the Sigstore bundles out of referrers."""
    return [bundle for referrer in referrers if (bundle := referrer.bundle) is not None]


def fetch_referrers(source: Source, digest: str, artifact_type: str | None = None, jobs: int = JOBS) -> list[Referrer]:
    """Fetch what refers to a package into memory, bounded in number and size.

    Raises `PackageError` RM303 for more than that, and for a manifest that refers to something else.
    """
    listed = source.referrers(digest, artifact_type)
    if len(listed) > _MAX_REFERRERS:
        raise PackageError(
            f"expected at most {_MAX_REFERRERS} signatures and the like, got {len(listed)}", code="RM303"
        )
    ordered = sorted(listed, key=lambda one: one.digest)
    manifests = _each(jobs, [partial(_referring, source, descriptor, digest) for descriptor in ordered])
    if sum(blob.size for manifest in manifests for blob in manifest.blobs) > _MAX_REFERRERS_BYTES:
        raise PackageError(f"expected signatures and the like of at most {_MAX_REFERRERS_BYTES} bytes", code="RM303")
    return _each(jobs, [partial(_fetch, source, manifest) for manifest in manifests])


def put_referrer(target: Target, referrer: Referrer) -> None:
    """Store a referrer: its blobs, then its manifest."""
    put_referrer_blobs(target, referrer)
    target.add_referrer(referrer.manifest.raw)


def put_referrer_blobs(target: Target, referrer: Referrer) -> None:
    """Store what a referrer's manifest names."""
    for descriptor, data in referrer.blobs:
        if not target.has_blob(descriptor):
            target.put_blob(descriptor, BytesContent(data))


def copy_blobs(
    source: Source,
    target: Target,
    manifest: Manifest,
    progress: Progress | None = None,
    jobs: int = JOBS,
    *,
    beside: Sequence[Callable[[], None]] = (),
) -> None:
    """Copy configuration and layers, several at a time, while something else is done beside.

    They are started in the order of the manifest.
    """
    workers = Workers(jobs)
    telling = threading.Lock()

    def tell(event: ProgressEvent) -> None:
        if progress is not None:
            with telling:
                progress(event)

    def move(descriptor: Descriptor) -> None:
        told = partial(ProgressEvent, digest=descriptor.digest, title=descriptor.title, total=descriptor.size)
        if target.has_blob(descriptor) or _mounted(source, target, descriptor):
            tell(told("skip", done=descriptor.size))
        else:
            target.put_blob(descriptor, SourceContent(source, descriptor, tell, workers.check))
            tell(told("finish", done=descriptor.size))

    workers.run([*beside, *(partial(move, descriptor) for descriptor in manifest.blobs)])


def _unlisted(target: Target, digest: str, referrers: list[Referrer]) -> list[Referrer]:
    """Give those that the target does not list."""
    there = target.listed(digest) if referrers else ()
    return [one for one in referrers if one.manifest.descriptor.digest not in there]


def _put_referrers(target: Target, digest: str, wanted: list[Referrer]) -> None:
    """Store what the target lacks, one by one: registries lose referrers that come at the same time.

    And read back whether they are listed, as some lose them all the same.
    """
    for _ in range(_REFERRER_ROUNDS):
        for referrer in wanted:
            put_referrer(target, referrer)
        wanted = _unlisted(target, digest, wanted)
        if not wanted:
            return
    raise RegistryError(
        f"expected what refers to `{digest}` to be listed after it was stored, {len(wanted)} are missing",
        code="RM406",
        hint="the registry loses signatures; push again, or to another one",
    )


def _mounted(source: Source, target: Target, descriptor: Descriptor) -> bool:
    """Let a registry copy within itself what it has in another repository."""
    if not isinstance(source, Mounting) or not isinstance(target, Mounting):
        return False
    return source.host == target.host and target.mount_blob(descriptor, source.repository)


def _referring(source: Source, descriptor: Descriptor, subject: str) -> Manifest:
    manifest = Manifest.parse(source.manifest(descriptor.digest))
    if manifest.subject is None or manifest.subject.digest != subject:
        raise PackageError(
            f"expected `{descriptor.digest}` to refer to `{subject}`, got another subject",
            code="RM303",
            hint="whoever keeps the list of signatures is at fault; fetch the package from its source",
        )
    return manifest


def _fetch(source: Source, manifest: Manifest) -> Referrer:
    return Referrer(manifest, tuple((blob, b"".join(source.open_blob(blob))) for blob in manifest.blobs))


def _each(jobs: int, calls: Sequence[Callable[[], _T]]) -> list[_T]:
    """Give what the calls give, in their order."""
    results: dict[int, _T] = {}

    def keep(place: int, call: Callable[[], _T]) -> None:
        results[place] = call()

    Workers(jobs).run([partial(keep, place, call) for place, call in enumerate(calls)])
    return [results[place] for place in range(len(calls))]
