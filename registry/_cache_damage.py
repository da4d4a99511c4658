"""What is wrong with a cached package: `find_damage(path, digest, thorough=True)`."""

import os
from dataclasses import dataclass
from pathlib import Path

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._digest import hex_of
from remotemedia.registry._layout import LayoutDirectory
from remotemedia.registry._layout_source import BLOBS, INDEX_FILE


@dataclass(frozen=True)
class Damage:
    """A file of a cached package that is not as it was when it was checked.

    Attributes:
        digest: of the package.
        why: what is wrong, with the digest of the file.
        title: the file's path in the package, where it has one.
        blob: the digest of the file; None where the layout's own documents are damaged.
    """

    digest: str
    why: str
    title: str | None = None
    blob: str | None = None


def find_damage(path: Path, digest: str, *, thorough: bool) -> tuple[Damage, ...]:
    """Compare the files of a package, and of what refers to it, with their digests.

    Args:
        path: the layout directory.
        digest: the package's.
        thorough: whether to hash every file. Otherwise the documents are, and of the other files, beside comparing
            sizes, only those that were written after the layout's index: it is written last, so that somebody has
            changed them since.
    """
    source, index = LayoutDirectory(path), path / INDEX_FILE
    try:
        source.resolve(digest)
        blobs = _blobs(source, digest)
        written = index.stat().st_mtime_ns
        newer = [blob for blob in blobs if _modified(source, blob) > written]
    except (PackageError, RegistryError) as exc:
        blob = exc.details.get("digest")
        return (Damage(digest, exc.message, blob=blob if isinstance(blob, str) else None),)
    except OSError as exc:
        return (Damage(digest, f"`{INDEX_FILE}` cannot be read: {exc.strerror}"),)
    suspects = blobs if thorough else newer
    wrong = [(blob, _wrong(source, blob, hashing=blob in suspects)) for blob in blobs]
    found = tuple(Damage(digest, why, blob.title, blob.digest) for blob, why in wrong if why is not None)
    if newer and not found and os.access(index, os.W_OK):
        os.utime(index)  # touched, but not changed: not to be hashed each time
    return found


def _blobs(source: LayoutDirectory, digest: str) -> list[Descriptor]:
    referrers = [source.manifest(referrer.digest) for referrer in source.referrers(digest)]
    manifests = [Manifest.parse(raw) for raw in (source.manifest(digest), *referrers)]
    return [blob for manifest in manifests for blob in manifest.blobs]


def _path(source: LayoutDirectory, blob: Descriptor) -> Path:
    return source.path / BLOBS / hex_of(blob.digest)


def _modified(source: LayoutDirectory, blob: Descriptor) -> int:
    try:
        return _path(source, blob).stat().st_mtime_ns
    except OSError:
        return 0


def _wrong(source: LayoutDirectory, blob: Descriptor, *, hashing: bool) -> str | None:
    try:
        size = _path(source, blob).stat().st_size
        if size != blob.size:
            return f"blob `{blob.digest}` has {size} bytes instead of {blob.size}"
        for _ in source.open_blob(blob) if hashing else ():
            pass
    except FileNotFoundError:
        return f"blob `{blob.digest}` is missing"
    except OSError as exc:
        return f"blob `{blob.digest}` cannot be read: {exc.strerror}"
    except PackageError as exc:
        return exc.message
    return None
