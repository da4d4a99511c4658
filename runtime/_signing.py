"""A further signature for a package that is there: in a file, a layout directory or a registry.

    signed = sign_package("oci://registry.example/speech:1.0", [signer.attest], network=network)
    signed.digest, signed.added

What is signed is the digest; a registry's layers are not fetched for it, those of a file are hashed on their way to the
new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from remotemedia.errors import PackageError, RegistryError
from remotemedia.packager import Attest, attach, signature_of
from remotemedia.registry import Descriptor, Manifest, Reference, Scheme, media_types
from remotemedia.registry._copy import Referrer, put_referrer
from remotemedia.trust import SIGNATURE_PREDICATE

if TYPE_CHECKING:
    from remotemedia.packager._artifact import Referrer as BuiltReferrer
    from remotemedia.packager._blob import Blob
    from remotemedia.runtime.network import Network

__all__ = ["SignedPackage", "sign_package"]


@dataclass(frozen=True)
class SignedPackage:
    """What was signed.

    Attributes:
        reference: where it is.
        digest: its identity.
        added: how many signatures are new; one that was there already is not added again.
    """

    reference: Reference
    digest: str
    added: int


def sign_package(text: str, signers: Sequence[Attest], *, network: Network) -> SignedPackage:
    """Add a signature by each of the signers.

    Raises:
        RegistryError: RM401, the reference is one of the cache, whose signatures are those of where it came from;
            RM402, RM403, RM404, there is no such package, or it cannot be reached or written.
        PackageError: RM301, RM302, RM303, RM304, what is there is no whole package; RM307, it cannot be written.
        TrustError: RM506, RM519, a signer or the timestamp authority failed.
    """
    reference = Reference.parse(text)
    if reference.scheme is Scheme.CACHE:
        raise RegistryError(
            f"expected a file, a layout directory or a registry to sign in, got `{text}`",
            code="RM401",
            hint="what is cached has the signatures of where it came from; sign it there, and pull it again",
        )
    with network.source(reference) as source:
        descriptor = source.resolve(reference.part)
        manifest = Manifest.parse(source.manifest(descriptor.digest))
        known = {it.digest for it in source.referrers(descriptor.digest, media_types.BUNDLE)}
    if manifest.artifact_type != media_types.PACKAGE:
        raise PackageError(
            f"expected `{reference}` to be a package (`{media_types.PACKAGE}`), got `{manifest.artifact_type}`",
            code="RM301",
        )
    made = [
        signature_of(attest(descriptor.digest, SIGNATURE_PREDICATE, {}), SIGNATURE_PREDICATE, manifest)
        for attest in signers
    ]
    new = [it for it in made if it.descriptor.digest not in known]
    if reference.scheme is Scheme.FILE:
        attach(Path(reference.path), descriptor.digest, new)
    else:
        _put(reference, new, network)
    return SignedPackage(reference, descriptor.digest, len(new))


def _put(reference: Reference, referrers: Sequence[BuiltReferrer], network: Network) -> None:
    """Store referrers one by one, their blobs first; some registries lose those that come at once."""
    target = network.target(reference)
    for it in referrers:
        contents = ((media_types.EMPTY, media_types.EMPTY_BYTES), (media_types.BUNDLE, _bytes_of(it.bundle)))
        blobs = tuple((Descriptor.of(media_type, data), data) for media_type, data in contents)
        put_referrer(target, Referrer(Manifest.parse(_bytes_of(it.manifest)), blobs))


def _bytes_of(blob: Blob) -> bytes:
    return blob.content if isinstance(blob.content, bytes) else blob.content.read_bytes()
