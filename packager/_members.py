"""The order of a package's archive."""

from collections.abc import Iterable, Sequence

from remotemedia.packager._arrangement import Member
from remotemedia.packager._artifact import EMPTY_CONFIG, Referrer
from remotemedia.packager._blob import Blob, Layer


def order_members(
    artifact: Blob, config: Blob, layers: Sequence[Layer], referrers: Sequence[Referrer], fallback: Blob | None
) -> list[Member]:
    """Every blob once, with all its names: documents and bundles first, then the layers in their order.

    Two files of equal content are one blob with two names, wherever the second stands.
    """
    documents = [artifact, config]
    if fallback is not None:
        documents += [fallback, EMPTY_CONFIG, *(referrer.manifest for referrer in referrers)]
    bundles = [(referrer.bundle, referrer.title) for referrer in referrers]
    return _merge([*((blob, None) for blob in documents), *bundles, *((layer.blob, layer.title) for layer in layers)])


def _merge(pairs: Iterable[tuple[Blob, str | None]]) -> list[Member]:
    blobs: dict[str, Blob] = {}
    names: dict[str, list[str]] = {}
    for blob, name in pairs:
        blobs.setdefault(blob.digest, blob)
        known = names.setdefault(blob.digest, [])
        if name is not None:
            known.append(name)
    return [Member(blob, tuple(names[digest])) for digest, blob in blobs.items()]
