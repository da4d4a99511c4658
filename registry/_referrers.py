"""What refers to a package: its signatures, which are looked at, and what others attached, which is not."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Final, TypeVar

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry import media_types
from remotemedia.registry._content import BytesContent
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._ports import Source, Target
from remotemedia.registry._workers import Workers
from remotemedia.trust import strict_json

JOBS = 4
"""Requests at the same time."""

LEFT: Final = frozenset({"RM301", "RM302", "RM303", "RM402", "RM405"})
"""It is not there, no manifest as ours are, or about something else; not that a registry cannot be reached."""

_MAX_REFERRERS = 256  # of other kinds
_MAX_SIGNATURES = 1000
_MAX_MANIFEST_BYTES = 64 << 10  # of a signature; cosign's and ours have about one KiB
_MAX_BYTES = 64 << 20  # of the blobs of all signatures together, as they are in memory
_MAX_BUNDLE_BYTES = strict_json.DEFAULT_MAX_BYTES  # what is larger is not read
_ROUNDS = 3
# What a registry has of one referrer is gone, wrong, or too much; in a file or directory the whole is damaged then.
_GONE = frozenset({"RM402"})
_NOT_HAD = _GONE | {"RM405", "RM406"}
_UNFIT = frozenset({"RM301", "RM303"})

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
    """Fetch the Sigstore bundles that refer to a package into memory, by digest; bounded in number and size.

    Whoever may write to a registry can attach what they like, and keep the list of a registry without the referrers
    API. So each is looked at by itself: one that is gone, wrong, no bundle, too large, or about something else is as
    one that is not listed, and so are the largest where there is too much of them. That is logged.

    Raises:
        RegistryError: RM40x, the registry cannot be asked.
        PackageError: RM301, RM302: a file or a directory is damaged.
    """
    return ask_signatures(source, digest, jobs)[0]


def ask_signatures(source: Source, digest: str, jobs: int = JOBS) -> tuple[list[Referrer], bool]:
    """Do the same, and say whether these are all: a source that sends wrong bytes has not said what it has."""
    left: list[_PassedOverError] = []
    unique = {it.digest: it for it in source.referrers(digest, media_types.BUNDLE)}
    listed = sorted(unique.values(), key=lambda it: (it.size, it.digest))
    asked = listed[:_MAX_SIGNATURES]
    manifests = _each(jobs, [partial(_signing, source, descriptor, digest) for descriptor in asked], left)
    manifests.sort(key=lambda it: (_weight(it), it.descriptor.digest))
    wanted = _bounded(manifests, _weight)
    fetched = _each(jobs, [partial(_fetch, source, manifest) for manifest in wanted], left)
    too_many = _PassedOverError(f"there are more than {_MAX_SIGNATURES}", is_known=False)
    too_much = _PassedOverError(f"together they have more than {_MAX_BYTES} bytes", is_known=False)
    left += [too_many] * (len(listed) - len(asked)) + [too_much] * (len(manifests) - len(wanted))
    if left:
        message = "%d of what is attached to the package as its signatures is passed over, the first as %s"
        _log.warning(message, len(left), left[0])
    return sorted(fetched, key=lambda it: it.manifest.descriptor.digest), all(it.is_known for it in left)


def merged(here: Sequence[Referrer], more: Sequence[Referrer]) -> list[Referrer]:
    """Give the signatures that are here and those that are new among others, as long as there is room for them."""
    known = {it.manifest.descriptor.digest for it in here}
    new = [it for it in more if it.manifest.descriptor.digest not in known]
    return _bounded([*here, *new], lambda it: _weight(it.manifest))[:_MAX_SIGNATURES]


def notes_of(source: Source, digest: str) -> tuple[list[Referrer], list[str]]:
    """Give what else refers to a package, without its blobs, and for each that cannot be copied why that is.

    These are for other programs, and nothing here depends on them: reports, notes, signatures of other kinds.
    """
    foreign = [it for it in source.referrers(digest) if it.artifact_type != media_types.BUNDLE]
    found, left = [], [f"there are more than {_MAX_REFERRERS}"] * (len(foreign) - _MAX_REFERRERS)
    for descriptor in foreign[:_MAX_REFERRERS]:
        try:
            found.append(Referrer(_referring(source.manifest(descriptor.digest), descriptor, digest)))
        except (PackageError, RegistryError) as error:
            if error.code not in LEFT:
                raise
            left.append(error.message)
    return found, left


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


class _PassedOverError(Exception):
    """A signature that is listed and left out; the text says why.

    Attributes:
        is_known: it is known not to be one, or not to be there.
    """

    def __init__(self, why: str, *, is_known: bool) -> None:
        super().__init__(why)
        self.is_known = is_known


@contextmanager
def _passing_over(codes: frozenset[str], *, known: frozenset[str]) -> Iterator[None]:
    try:
        yield
    except (PackageError, RegistryError) as error:
        if error.code not in codes:
            raise
        raise _PassedOverError(error.message, is_known=error.code in known) from error


def _signing(source: Source, descriptor: Descriptor, subject: str) -> Manifest:
    with _passing_over(_NOT_HAD, known=_GONE):
        raw = source.manifest(descriptor.digest)
    with _passing_over(_UNFIT, known=_UNFIT):
        manifest = _referring(raw, descriptor, subject)
    for size, most in ((len(raw), _MAX_MANIFEST_BYTES), (_weight(manifest), _MAX_BUNDLE_BYTES)):
        if size > most:
            why = f"expected at most {most} bytes in `{descriptor.digest}`, got {size}"
            raise _PassedOverError(why, is_known=True)
    return manifest


def _fetch(source: Source, manifest: Manifest) -> Referrer:
    with _passing_over(_NOT_HAD, known=_GONE):
        return Referrer(manifest, tuple((blob, b"".join(source.open_blob(blob))) for blob in manifest.blobs))


def _referring(raw: bytes, descriptor: Descriptor, subject: str) -> Manifest:
    manifest = Manifest.parse(raw)
    if manifest.subject is None or manifest.subject.digest != subject:
        raise PackageError(f"expected `{descriptor.digest}` to refer to `{subject}`, got another subject", code="RM303")
    return manifest


def _weight(manifest: Manifest) -> int:
    return sum(blob.size for blob in manifest.blobs)


def _bounded(items: Sequence[_T], weight: Callable[[_T], int]) -> list[_T]:
    """Give the first of them, as many as there is room for."""
    totals = accumulate(map(weight, items))
    return [item for item, total in zip(items, totals, strict=True) if total <= _MAX_BYTES]


def _each(jobs: int, calls: Sequence[Callable[[], _T]], left: list[_PassedOverError]) -> list[_T]:
    """Give what the calls give that pass nothing over, in no order."""
    found: list[_T] = []

    def keep(call: Callable[[], _T]) -> None:
        try:
            found.append(call())
        except _PassedOverError as error:
            left.append(error)

    Workers(jobs).run([partial(keep, call) for call in calls])
    return found
