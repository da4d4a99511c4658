"""What a package says of itself, without what it is made of: enough to look at one that nobody decided to have."""

from dataclasses import replace
from typing import Final

from remotemedia.errors import PackageError
from remotemedia.registry import media_types
from remotemedia.registry._cache import Judge
from remotemedia.registry._copy import copy_blobs
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._layout import LayoutDirectory
from remotemedia.registry._ports import Source
from remotemedia.registry._referrers import bundles, fetch_signatures, put_referrers

_DOCUMENTS: Final = frozenset({media_types.PACKAGE_MANIFEST, media_types.PACKAGE_META})
# Whoever only looks must not be kept busy, nor have a disk filled.
_MAX_DOCUMENTS: Final = 64
_MAX_BYTES: Final = 32 << 20


def copy_documents(source: Source, target: LayoutDirectory, descriptor: Descriptor, judge: Judge) -> None:
    """Copy what a package says of itself: manifests, signatures, configuration, `manifest.json` and `meta/*`.

    `judge` is asked as by `Cache.add`, before any document moves.

    Raises:
        PackageError: RM303, the documents are too many or too large; RM301, RM302, they are not what the manifest says.
        RegistryError: RM40x, the source cannot be read.
        RemoteMediaError: as `judge` refuses.
    """
    manifest = Manifest.parse(source.manifest(descriptor.digest))
    signatures = fetch_signatures(source, descriptor.digest)
    judge(manifest.raw, bundles(signatures))
    documents = tuple(layer for layer in manifest.layers if layer.media_type in _DOCUMENTS)
    count, size = len(documents), sum(it.size for it in (manifest.config, *documents))
    if count > _MAX_DOCUMENTS or size > _MAX_BYTES:
        expected = f"expected at most {_MAX_DOCUMENTS} documents of {_MAX_BYTES} bytes together"
        raise PackageError(f"{expected}, got {count} of {size}", code="RM303")
    put_referrers(target, descriptor.digest, signatures)
    copy_blobs(source, target, replace(manifest, layers=documents))
    target.put_manifest(manifest.raw)
