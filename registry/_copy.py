"""Copying a package from anywhere to anywhere: signatures first, the manifest last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from remotemedia.errors import PackageError
from remotemedia.registry import media_types
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._ports import Progress, ProgressEvent, Source, Target

_MAX_REFERRERS = 64
_MAX_REFERRER_BYTES = 32 << 20


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
    source: Source, target: Target, descriptor: Descriptor, *, tag: str | None = None, progress: Progress | None = None
) -> None:
    """Copy a package with all its referrers; what the target has is skipped.

    The order makes the target consistent at every moment: whoever sees the tag finds all bytes and all signatures.
    Bytes that do not match their digest end the copy (RM405 from a registry, RM302 from a file) and are not stored.
    """
    manifest = Manifest.parse(source.manifest(descriptor.digest))
    for referrer in fetch_referrers(source, descriptor.digest):
        put_referrer(target, referrer)
    copy_blobs(source, target, manifest, progress)
    target.put_manifest(manifest.raw, tag)


def bundles_of(source: Source, digest: str) -> list[bytes]:
    """Give the Sigstore bundles that refer to a package, as `trust.verify` reads them."""
    return bundles(fetch_referrers(source, digest, media_types.BUNDLE))


def bundles(referrers: Sequence[Referrer]) -> list[bytes]:
    """Pick the Sigstore bundles out of referrers."""
    return [bundle for referrer in referrers if (bundle := referrer.bundle) is not None]


def fetch_referrers(source: Source, digest: str, artifact_type: str | None = None) -> list[Referrer]:
    """Fetch what refers to a package into memory, bounded in number and size.

    Raises `PackageError` RM303 for more than that, and for a manifest that refers to something else.
    """
    listed = source.referrers(digest, artifact_type)
    if len(listed) > _MAX_REFERRERS:
        raise PackageError(
            f"expected at most {_MAX_REFERRERS} signatures and the like, got {len(listed)}", code="RM303"
        )
    return [_fetch(source, descriptor, digest) for descriptor in sorted(listed, key=lambda one: one.digest)]


def put_referrer(target: Target, referrer: Referrer) -> None:
    """Store a referrer: its blobs, then its manifest."""
    for descriptor, data in referrer.blobs:
        if not target.has_blob(descriptor):
            target.put_blob(descriptor, [data])
    target.add_referrer(referrer.manifest.raw)


def copy_blobs(source: Source, target: Target, manifest: Manifest, progress: Progress | None) -> None:
    """Copy configuration and layers in the order of the manifest."""
    progress = progress or _ignore
    for descriptor in manifest.blobs:
        if target.has_blob(descriptor):
            progress(ProgressEvent("skip", descriptor.digest, descriptor.title, descriptor.size, descriptor.size))
        else:
            target.put_blob(descriptor, _Moving(source, descriptor, progress))
            progress(ProgressEvent("finish", descriptor.digest, descriptor.title, descriptor.size, descriptor.size))


@dataclass(frozen=True)
class _Moving:
    """The chunks of one blob, counted as they go; every iteration reads the blob anew."""

    source: Source
    descriptor: Descriptor
    progress: Progress

    def __iter__(self) -> Iterator[bytes]:
        done = 0
        self._tell("start", done)
        for chunk in self.source.open_blob(self.descriptor):
            yield chunk
            # Whoever asks for the next chunk has sent or written this one.
            done += len(chunk)
            self._tell("advance", done)

    def _tell(self, kind: Literal["start", "advance"], done: int) -> None:
        descriptor = self.descriptor
        self.progress(ProgressEvent(kind, descriptor.digest, descriptor.title, done, descriptor.size))


def _fetch(source: Source, descriptor: Descriptor, subject: str) -> Referrer:
    manifest = Manifest.parse(source.manifest(descriptor.digest))
    if manifest.subject is None or manifest.subject.digest != subject:
        raise PackageError(
            f"expected `{descriptor.digest}` to refer to `{subject}`, got another subject",
            code="RM303",
            hint="whoever keeps the list of signatures is at fault; fetch the package from its source",
        )
    if sum(blob.size for blob in manifest.blobs) > _MAX_REFERRER_BYTES:
        raise PackageError(f"expected a signature of at most {_MAX_REFERRER_BYTES} bytes", code="RM303")
    return Referrer(manifest, tuple((blob, b"".join(source.open_blob(blob))) for blob in manifest.blobs))


def _ignore(_: ProgressEvent) -> None:
    """Show nothing."""
