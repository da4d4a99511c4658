"""The OCI documents of a package: artifact manifest, referrers and index (image-spec 1.1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from remotemedia.packager._blob import Blob, Layer
from remotemedia.packager._canonical import canonical_json
from remotemedia.registry import Descriptor, media_types, referrers_tag

LAYOUT_MARKER: Final = b'{"imageLayoutVersion":"1.0.0"}'
EMPTY_CONFIG: Final = Blob.of_bytes(media_types.EMPTY_BYTES)


@dataclass(frozen=True)
class Referrer:
    """A signed statement about the package, and the manifest that attaches it.

    Attributes:
        title: its plain name in the archive; it is no layer, for it names the digest that the layers make.
        bundle: the Sigstore bundle.
        manifest: the OCI manifest whose `subject` is the package.
        descriptor: of that manifest, as an index lists it.
    """

    title: str
    bundle: Blob
    manifest: Blob
    descriptor: Descriptor


def artifact_manifest(layers: Iterable[Layer], config: Blob, created: str) -> Blob:
    """The document whose digest is the package's identity.

    Args:
        layers: the files.
        config: the artifact's configuration.
        created: the build time, RFC 3339.
    """
    return _manifest(
        media_types.PACKAGE,
        config=_describe(media_types.PACKAGE_CONFIG, config),
        layers=[_describe(layer.media_type, layer.blob, {media_types.TITLE: layer.title}) for layer in layers],
        annotations={media_types.CREATED: created},
    )


def referrer(title: str, predicate_type: str, bundle: bytes, subject: Blob, created: str) -> Referrer:
    """Attaches a bundle to the package as cosign 3 does, with the annotations by which cosign tells bundles apart.

    Args:
        title: its plain name in the archive.
        predicate_type: what the bundle states.
        bundle: the Sigstore bundle.
        subject: the artifact manifest.
        created: the build time, RFC 3339.
    """
    blob = Blob.of_bytes(bundle)
    annotations = {
        media_types.CREATED: created,
        media_types.BUNDLE_CONTENT: "dsse-envelope",
        media_types.BUNDLE_PREDICATE_TYPE: predicate_type,
    }
    manifest = _manifest(
        media_types.BUNDLE,
        config=_describe(media_types.EMPTY, EMPTY_CONFIG),
        layers=[_describe(media_types.BUNDLE, blob)],
        annotations=annotations,
        subject=_describe(media_types.MANIFEST, subject),
    )
    return Referrer(title, blob, manifest, _describe(media_types.MANIFEST, manifest, annotations, media_types.BUNDLE))


def referrers_index(referrers: Iterable[Referrer]) -> Blob:
    """The fallback index (distribution-spec 1.1, "Referrers Tag Schema"), through which a layout shows referrers."""
    return Blob.of_bytes(_index([referrer.descriptor for referrer in referrers]))


def layout_index(artifact: Blob, tag: str, referrers: Blob | None) -> bytes:
    """`index.json`: the artifact, and the index of its referrers under the tag `sha256-<hex>`.

    Further entries would make some clients refuse the layout; without the second, oras and regctl see no referrers.

    Args:
        artifact: the artifact manifest.
        tag: what the layout calls it.
        referrers: the fallback index, or None for an unsigned package.
    """
    named = {media_types.REF_NAME: tag, media_types.KIND: media_types.KIND_IMAGE}
    entries = [_describe(media_types.MANIFEST, artifact, named, media_types.PACKAGE)]
    if referrers is not None:
        fallback = {media_types.REF_NAME: referrers_tag(artifact.digest)}
        entries.append(_describe(media_types.INDEX, referrers, fallback))
    return _index(entries)


def _manifest(
    artifact_type: str,
    *,
    config: Descriptor,
    layers: Iterable[Descriptor],
    annotations: Mapping[str, str],
    subject: Descriptor | None = None,
) -> Blob:
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.MANIFEST,
        "artifactType": artifact_type,
        "config": config.to_json(),
        "layers": [layer.to_json() for layer in layers],
        "annotations": dict(annotations),
    }
    if subject is not None:
        document["subject"] = subject.to_json()
    return Blob.of_bytes(canonical_json(document))


def _index(manifests: Sequence[Descriptor]) -> bytes:
    entries = [manifest.to_json() for manifest in manifests]
    return canonical_json({"schemaVersion": 2, "mediaType": media_types.INDEX, "manifests": entries})


def _describe(
    media_type: str, blob: Blob, annotations: Mapping[str, str] | None = None, artifact_type: str | None = None
) -> Descriptor:
    return Descriptor(media_type, blob.digest, blob.size, artifact_type, annotations or {})
