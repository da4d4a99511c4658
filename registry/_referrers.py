"""What refers to a package: its signatures, which are looked at, and what others attached, which is not."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry import media_types
from remotemedia.registry._content import BytesContent
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._ports import Source, Target
from remotemedia.registry._workers import Workers

JOBS = 4
"""Requests at the same time."""

_MAX_REFERRERS = 256
_MAX_BUNDLES_BYTES = 64 << 20  # of all together, as they are in memory
_ROUNDS = 3
# It is not there, no manifest as ours are, or about something else; that a registry cannot be reached is no such thing.
_LEFT = frozenset({"RM301", "RM302", "RM303", "RM402", "RM405"})

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Referrer:
    """A manifest that refers to a package.

    Attributes:
        manifest: with a `subject`.
        blobs: its own, where they are small: those of signatures.
    """

    manifest: Manifest
    blobs: tuple[tuple[Descriptor, bytes], ...] = ()

    @property
    def bundle(self) -> bytes | None:
        """The Sigstore bundle that this is, if it is one: a single layer of that type (cosign 3)."""
        layers = self.manifest.layers
        if self.manifest.artifact_type != media_types.BUNDLE or len(layers) != 1:
            return None
        return next(data for descriptor, data in self.blobs if descriptor.digest == layers[0].digest)


def bundles_of(source: Source, digest: str) -> list[bytes]:
    """Give the Sigstore bundles that refer to a package, as `trust.verify` reads them."""
    return bundles(fetch_signatures(source, digest))


def bundles(referrers: Sequence[Referrer]) -> list[bytes]:
    """Pick the Sigstore bundles out of referrers."""
    return [bundle for referrer in referrers if (bundle := referrer.bundle) is not None]


def fetch_signatures(source: Source, digest: str, jobs: int = JOBS) -> list[Referrer]:
    """Fetch the Sigstore bundles that refer to a package into memory, bounded in number and size.

    One that is listed and no longer there is as one that is not listed: whoever keeps the list could have done that.

    Raises:
        PackageError: RM303, there is more than that, or a manifest refers to something else.
    """
    listed = source.referrers(digest, media_types.BUNDLE)
    if len(listed) > _MAX_REFERRERS:
        raise PackageError(f"expected at most {_MAX_REFERRERS} signatures, got {len(listed)}", code="RM303")
    ordered = sorted(listed, key=lambda one: one.digest)
    manifests = _present(jobs, [partial(_referring, source, descriptor, digest) for descriptor in ordered])
    if sum(blob.size for manifest in manifests for blob in manifest.blobs) > _MAX_BUNDLES_BYTES:
        raise PackageError(f"expected signatures of at most {_MAX_BUNDLES_BYTES} bytes", code="RM303")
    return _present(jobs, [partial(_fetch, source, manifest) for manifest in manifests])


def notes_of(source: Source, digest: str) -> list[Referrer]:
    """Give what else refers to a package, without its blobs; what cannot be copied is logged and left out.

    These are for other programs, and nothing here depends on them: reports, notes, signatures of other kinds.
    """
    foreign = [it for it in source.referrers(digest) if it.artifact_type != media_types.BUNDLE]
    found, left = [], [f"there are more than {_MAX_REFERRERS}"] * (len(foreign) - _MAX_REFERRERS)
    for descriptor in foreign[:_MAX_REFERRERS]:
        try:
            found.append(Referrer(_referring(source, descriptor, digest)))
        except (PackageError, RegistryError) as error:
            if error.code not in _LEFT:
                raise
            left.append(error.message)
    if left:
        message = "%d of what others attached to the package cannot be copied and stays behind, the first as %s"
        _log.warning(message, len(left), left[0])
    return found


def put_referrer(target: Target, referrer: Referrer) -> None:
    """Store a referrer: its blobs, then its manifest."""
    put_referrer_blobs(target, referrer)
    target.add_referrer(referrer.manifest.raw)


def put_referrer_blobs(target: Target, referrer: Referrer) -> None:
    """Store what a referrer's manifest names."""
    for descriptor, data in referrer.blobs:
        if not target.has_blob(descriptor):
            target.put_blob(descriptor, BytesContent(data))


def put_referrers(target: Target, digest: str, wanted: Sequence[Referrer]) -> None:
    """Store what the target lacks, one by one: registries lose referrers that come at the same time.

    And read back whether they are listed, as some lose them all the same.

    Raises:
        RegistryError: RM406, they are not.
    """
    for _ in range(_ROUNDS):
        for referrer in wanted:
            put_referrer(target, referrer)
        wanted = unlisted(target, digest, wanted)
        if not wanted:
            return
    raise RegistryError(
        f"expected what refers to `{digest}` to be listed after it was stored, {len(wanted)} are missing",
        code="RM406",
        hint="the registry loses signatures; push again, or to another one",
    )


def unlisted(target: Target, digest: str, referrers: Sequence[Referrer]) -> list[Referrer]:
    """Give those that the target does not list."""
    there = target.listed(digest) if referrers else ()
    return [one for one in referrers if one.manifest.descriptor.digest not in there]


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


def _present(jobs: int, calls: Sequence[Callable[[], _T]]) -> list[_T]:
    """Give what the calls give, in their order, without those that find nothing there (RM402)."""
    results: dict[int, _T] = {}
    gone: list[str] = []

    def keep(place: int, call: Callable[[], _T]) -> None:
        try:
            results[place] = call()
        except RegistryError as error:
            if error.code != "RM402":
                raise
            gone.append(error.message)

    Workers(jobs).run([partial(keep, place, call) for place, call in enumerate(calls)])
    if gone:
        _log.warning("%d signatures of the package are listed and are gone, the first as %s", len(gone), gone[0])
    return [results[place] for place in sorted(results)]
