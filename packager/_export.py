"""From an image layout back to a package file: the one that was built, byte for byte, if nobody added a signature."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from remotemedia.compiler import Digests
from remotemedia.errors import PackageError
from remotemedia.packager._archive import Archive
from remotemedia.packager._arrangement import Arrangement
from remotemedia.packager._artifact import LAYOUT_MARKER, Referrer, layout_index, referrers_index
from remotemedia.packager._blob import Blob, Layer
from remotemedia.packager._members import order_members
from remotemedia.packager._statements import KINDS, title_of
from remotemedia.registry import Descriptor, LayoutDirectory, Manifest, hex_of, media_types
from remotemedia.trust import strict_json

_BLOBS = "blobs/sha256"
_MAX_CONFIG = 4 << 20


def export_package(layout: LayoutDirectory, digest: str, path: Path) -> None:
    """Write a package of a layout directory, with the bundles that refer to it, as a `.rmpkg` file.

    Every byte is hashed on its way; what is at `path` is replaced in one step.

    Args:
        layout: where the package is.
        digest: the package's.
        path: the file.

    Raises:
        PackageError: it is not whole (RM302, RM308) or not what a build writes (RM303), or cannot be written (RM307).
    """
    manifest = Manifest.parse(layout.manifest(digest))
    config = _config(layout, manifest)
    referrers = _referrers(layout, digest)
    artifact, fallback = Blob.of_bytes(manifest.raw), referrers_index(referrers) if referrers else None
    layers = [Layer(it.title or "", it.media_type, _blob(layout, it)) for it in manifest.layers]
    untitled = [it.digest for it in manifest.layers if not it.title]
    if untitled:
        raise _unlike(digest, f"layer `{untitled[0]}` has no title")
    documents = [("oci-layout", LAYOUT_MARKER), ("index.json", layout_index(artifact, config["version"], fallback))]
    members = order_members(artifact, _blob(layout, manifest.config), layers, referrers, fallback)
    with Archive(path.absolute().parent, Digests()) as archive:
        archive.write(path, Arrangement.of(documents, members, _seconds(manifest)))


def _referrers(layout: LayoutDirectory, digest: str) -> Sequence[Referrer]:
    """In the order of a build; further ones of a kind are numbered, those of others come behind."""
    kinds = [*KINDS]
    found: list[tuple[int, str, Manifest]] = []
    for descriptor in layout.referrers(digest, media_types.BUNDLE):
        manifest = Manifest.parse(layout.manifest(descriptor.digest))
        if manifest.artifact_type != media_types.BUNDLE or len(manifest.layers) != 1:
            raise _unlike(digest, f"`{descriptor.digest}` refers to it, which is no Sigstore bundle")
        kind = manifest.annotations.get(media_types.BUNDLE_PREDICATE_TYPE, "")
        found.append((kinds.index(kind) if kind in kinds else len(kinds), descriptor.digest, manifest))
    numbers: Counter[int] = Counter()
    referrers = []
    for place, _, manifest in sorted(found, key=lambda it: it[:2]):
        numbers[place] += 1
        title = title_of([*kinds, ""][place], numbers[place])
        bundle = b"".join(layout.open_blob(manifest.layers[0]))
        described = manifest.descriptor
        referrers.append(Referrer(title, Blob.of_bytes(bundle), Blob.of_bytes(manifest.raw), described))
    return referrers


def _config(layout: LayoutDirectory, manifest: Manifest) -> dict[str, Any]:
    """The artifact's configuration, which names the version: the tag inside the file."""
    if manifest.config.size > _MAX_CONFIG:
        raise _unlike(manifest.descriptor.digest, f"its configuration has {manifest.config.size} bytes")
    try:
        config = strict_json.loads_object(b"".join(layout.open_blob(manifest.config)))
    except ValueError as error:
        raise _unlike(manifest.descriptor.digest, f"its configuration is no JSON object ({error})") from error
    if not isinstance(config.get("version"), str):
        raise _unlike(manifest.descriptor.digest, "its configuration has no `version`")
    return config


def _seconds(manifest: Manifest) -> int:
    """The build time, of which all files of the archive are."""
    created = manifest.annotations.get(media_types.CREATED, "")
    try:
        return max(0, int(datetime.fromisoformat(created).timestamp()))
    except (ValueError, OverflowError):
        return 0


def _blob(layout: LayoutDirectory, descriptor: Descriptor) -> Blob:
    return Blob(descriptor.digest, descriptor.size, layout.path / _BLOBS / hex_of(descriptor.digest))


def _unlike(digest: str, why: str) -> PackageError:
    return PackageError(
        f"expected a package that fits into a file, got `{digest}`: {why}",
        code="RM303",
        hint="copy it to an `oci-layout:` directory, which takes any artifact",
        digest=digest,
    )
