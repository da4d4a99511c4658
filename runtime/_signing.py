"""Further statements about a package that is there: in a file, a layout directory or a registry.

    signed = sign_package("oci://registry.example/speech:1.0", [signer.attest], network=network)
    signed.digest, signed.added

What is signed is the digest; a registry's models are not fetched for it, those of a file are hashed on their way to the
new one. Beside the signature, a signer may state what is in the package and where it was built: the first as the
package has it, the second as the build wrote it down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remotemedia.errors import RegistryError
from remotemedia.packager import Attest, attach, provenance_of, referrer_of
from remotemedia.registry import Descriptor, Manifest, Reference, Referrer, Scheme, media_types, put_referrers
from remotemedia.runtime._documents import expect_package, layer_of, read_document
from remotemedia.trust import PROVENANCE_PREDICATE, SBOM_PREDICATE, SIGNATURE_PREDICATE, builder_of

if TYPE_CHECKING:
    from remotemedia.packager import Blob
    from remotemedia.packager import Referrer as BuiltReferrer
    from remotemedia.registry import Source
    from remotemedia.runtime.network import Network

__all__ = ["Attestations", "SignedPackage", "sign_package"]


@dataclass(frozen=True)
class Attestations:
    """What is to be stated beside the signature.

    Attributes:
        sbom: whether the package's bill of materials is.
        provenance: the unsigned statement that the build wrote; None leaves it out.
    """

    sbom: bool = False
    provenance: bytes | None = None


@dataclass(frozen=True)
class SignedPackage:
    """What was signed.

    Attributes:
        reference: where it is.
        digest: its identity.
        added: how many statements are new; one that was there already is not added again.
        stated: what each signer states, by the type of its predicate.
    """

    reference: Reference
    digest: str
    added: int
    stated: Mapping[str, Mapping[str, Any]]

    @property
    def builder(self) -> str | None:
        """Where it was built, as the signers state; None if they do not."""
        provenance = self.stated.get(PROVENANCE_PREDICATE)
        return builder_of(provenance) if provenance is not None else None


def sign_package(
    text: str, signers: Sequence[Attest], *, network: Network, attestations: Attestations | None = None
) -> SignedPackage:
    """Add a signature by each of the signers, and what else they are to state.

    Raises:
        RegistryError: RM401, the reference is one of the cache, whose signatures are those of where it came from;
            RM402, RM403, RM404, there is no such package, or it cannot be reached or written.
        PackageError: RM301, RM302, RM303, RM304, what is there is no whole package; RM306, it has no bill of materials;
            RM307, it cannot be written.
        TrustError: RM506, RM519, a signer or the timestamp authority failed; RM521, the provenance is of another
            package.
    """
    reference = network.parse(text)
    if reference.scheme is Scheme.CACHE:
        raise RegistryError(
            f"expected a file, a layout directory or a registry to sign in, got `{text}`",
            code="RM401",
            hint="what is cached has the signatures of where it came from; sign it there, and pull it again",
        )
    with network.source(reference) as source:
        manifest = Manifest.parse(source.manifest(source.resolve(reference.part).digest))
        stated = _stated(source, expect_package(manifest, reference), attestations or Attestations())
        digest = manifest.descriptor.digest
        known = {it.digest for it in source.referrers(digest, media_types.BUNDLE)}
    made = [
        referrer_of(attest(digest, kind, content), kind, manifest)
        for attest in signers
        for kind, content in stated.items()
    ]
    new = [it for it in made if it.descriptor.digest not in known]
    if reference.scheme is Scheme.FILE:
        attach(Path(reference.path), digest, new)
    else:
        put_referrers(network.target(reference), digest, [_referrer(it) for it in new])
    return SignedPackage(reference, digest, len(new), stated)


def _stated(source: Source, manifest: Manifest, asked: Attestations) -> Mapping[str, Mapping[str, Any]]:
    """Predicates by their type, in the order in which a build states them."""

    def document(title: str) -> dict[str, Any]:
        return read_document(source, layer_of(manifest, title))

    stated: dict[str, Mapping[str, Any]] = {SIGNATURE_PREDICATE: {}}
    if asked.provenance is not None:
        stated[PROVENANCE_PREDICATE] = provenance_of(
            asked.provenance,
            manifest.descriptor.digest,
            config=read_document(source, manifest.config),
            recorded=document("meta/provenance.json"),
        )
    if asked.sbom:
        stated[SBOM_PREDICATE] = document("meta/sbom.cdx.json")
    return stated


def _referrer(built: BuiltReferrer) -> Referrer:
    """What a build makes, as a registry takes it."""
    contents = ((media_types.EMPTY, media_types.EMPTY_BYTES), (media_types.BUNDLE, _bytes_of(built.bundle)))
    blobs = tuple((Descriptor.of(media_type, data), data) for media_type, data in contents)
    return Referrer(Manifest.parse(_bytes_of(built.manifest)), blobs)


def _bytes_of(blob: Blob) -> bytes:
    return blob.content if isinstance(blob.content, bytes) else blob.content.read_bytes()
