"""Names on the wire: media types, artifact types and annotations.

    from remotemedia.registry import media_types

    is_package = manifest.artifact_type == media_types.PACKAGE

Sources: OCI image-spec 1.1, distribution-spec 1.1, sigstore protobuf-specs, cosign 3.
"""

from typing import Final

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
EMPTY: Final = "application/vnd.oci.empty.v1+json"
BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"

PACKAGE: Final = "application/vnd.remotemedia.package.v1+json"
PACKAGE_CONFIG: Final = "application/vnd.remotemedia.package.config.v1+json"
PACKAGE_MANIFEST: Final = "application/vnd.remotemedia.package.manifest.v1+json"
PACKAGE_MODULE: Final = "application/vnd.remotemedia.package.module.v1.raw"
PACKAGE_MODEL: Final = "application/vnd.remotemedia.package.model.v1.raw"
PACKAGE_DATA: Final = "application/vnd.remotemedia.package.data.v1.raw"
PACKAGE_WHEEL: Final = "application/vnd.remotemedia.package.wheel.v1.raw"
PACKAGE_META: Final = "application/vnd.remotemedia.package.meta.v1+json"

EMPTY_BYTES: Final = b"{}"

TITLE: Final = "org.opencontainers.image.title"
CREATED: Final = "org.opencontainers.image.created"
REF_NAME: Final = "org.opencontainers.image.ref.name"
BUNDLE_CONTENT: Final = "dev.sigstore.bundle.content"
BUNDLE_PREDICATE_TYPE: Final = "dev.sigstore.bundle.predicateType"

# `cosign verify --local-image` looks for this annotation in `index.json`.
KIND: Final = "kind"
KIND_IMAGE: Final = "dev.cosignproject.cosign/image"
