"""A `.rmpkg` file: a tar that is at once a plain tree and an OCI image layout; read where it is, never unpacked."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

from remotemedia.errors import PackageError
from remotemedia.registry import media_types
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._digest import referrers_tag
from remotemedia.registry._extent import Extent, open_regular
from remotemedia.registry._layout_source import BLOBS, INDEX_FILE, LAYOUT_FILE, LayoutSource, nothing_to_read
from remotemedia.registry._names import collision
from remotemedia.registry._tar import DIRECTORY, LINK, REGULAR, Entry, entries, unsafe

_MAX_MEMBERS = 20_000
_MAX_NAME_BYTES = 4096
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SIGNATURE_NAME = re.compile(r"meta/[^/]+\.sigstore\.json")
_BLOB_NAME = re.compile(rf"{BLOBS}/[0-9a-f]{{64}}", re.ASCII)


class PackageArchive(LayoutSource):
    """A read-only `Source`. Raises `PackageError` RM301 for what is no package, RM304 for an unsafe archive, RM319.

    Use it as a context manager, or `close()` it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        try:
            self._file = os.fdopen(open_regular(path), "rb")
        except OSError as exc:
            raise nothing_to_read(path, exc.strerror or type(exc).__name__) from exc
        try:
            self._places, self._links = _scan(self._file, str(path))
            self._refuse_strays()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def resolve(self, part: str | None) -> Descriptor:
        """Find an artifact; the plain tree that `tar x` shows must be what it is made of, and no more (RM303)."""
        descriptor = super().resolve(part)
        manifest = Manifest.parse(self.manifest(descriptor.digest))
        titles = {layer.title: layer.digest for layer in manifest.layers}
        signatures = {name: digest for name, digest in self._links.items() if _SIGNATURE_NAME.fullmatch(name)}
        for name, digest in self._links.items() - signatures.items():
            if titles.get(name) != digest:
                raise self._stray(f"holds `{name}`, which is no file of the package")
        if not signatures.items() <= titles.items():
            signed = {blob.digest for one in self.referrers(descriptor.digest) for blob in self._blobs_of(one)}
            for name, digest in signatures.items():
                if digest not in signed:
                    raise self._stray(f"holds `{name}`, which is no signature of the package")
        return descriptor

    def _blobs_of(self, referrer: Descriptor) -> tuple[Descriptor, ...]:
        return Manifest.parse(self.manifest(referrer.digest)).blobs

    def _refuse_strays(self) -> None:
        """A file lists packages and what refers to them; signatures that belong to none were cut off from their own.

        Without this a changed letter in `index.json` would make a signed package look unsigned.
        """
        entries = self._index()
        tags = {referrers_tag(entry.digest) for entry in entries if entry.media_type == media_types.MANIFEST}
        for entry in entries:
            if entry.media_type != media_types.MANIFEST and entry.annotations.get(media_types.REF_NAME) not in tags:
                raise self._stray(f"lists `{entry.digest}`, which belongs to no package in it")

    def _stray(self, what: str) -> PackageError:
        return PackageError(f"`{self._place}` {what}", code="RM303", hint="fetch the package again from its source")

    @contextmanager
    def _extent(self, name: str) -> Iterator[Extent]:
        if name not in self._places:
            raise FileNotFoundError(name)
        offset, size = self._places[name]
        # Its own: a thread that a copy has left behind must not read another file, when this one is closed.
        file = os.dup(self._file.fileno())
        try:
            yield Extent(file, offset, size)
        finally:
            os.close(file)


def _scan(file: BinaryIO, place: str) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """Give the place (offset, size) of every regular file, and for every hard link the digest it stands for."""
    places: dict[str, tuple[int, int]] = {}
    links: dict[str, str] = {}
    try:
        for count, entry in enumerate(entries(file, place)):
            if count >= _MAX_MEMBERS:
                raise unsafe(place, f"expected at most {_MAX_MEMBERS} entries")
            _admit(entry, places, links, place)
    except OSError as exc:  # a pipe, for example
        raise PackageError(f"`{place}` cannot be read: {exc.strerror}", code="RM301", path=place) from exc
    if LAYOUT_FILE not in places or INDEX_FILE not in places:
        raise PackageError(f"expected `{LAYOUT_FILE}` and `{INDEX_FILE}` in `{place}`", code="RM301", path=place)
    if (same := collision((*places, *links))) is not None:
        raise unsafe(place, f"{same[0][:80]!r} and {same[1][:80]!r} are one file on some systems")
    return places, links


def _admit(entry: Entry, places: dict[str, tuple[int, int]], links: dict[str, str], place: str) -> None:
    name = entry.name
    if not _is_safe(name):
        raise unsafe(place, f"the name {name[:80]!r} is absolute, escapes, or is too long")
    if name in places or name in links:
        raise unsafe(place, f"the name {name[:80]!r} stands there twice")
    if entry.kind == DIRECTORY:
        return
    if entry.kind == LINK:
        # A plain name stands for a blob that came before it; nothing else may be linked.
        if not _BLOB_NAME.fullmatch(entry.link) or entry.link not in places or name.startswith("blobs/"):
            raise unsafe(place, f"{name[:80]!r} links to {entry.link[:80]!r}, which is no blob before it")
        links[name] = f"sha256:{PurePosixPath(entry.link).name}"
    elif entry.kind in REGULAR:
        if name not in {LAYOUT_FILE, INDEX_FILE} and not _BLOB_NAME.fullmatch(name):
            raise unsafe(place, f"expected {name[:80]!r} to be a hard link to a blob")
        places[name] = (entry.offset, entry.size)
    else:
        raise unsafe(place, f"{name[:80]!r} is neither a file nor a hard link")


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        0 < len(name.encode()) <= _MAX_NAME_BYTES
        and str(path) == name  # no `//`, `./` or trailing slash: one spelling a file
        and not path.is_absolute()
        and ".." not in path.parts
        and "\\" not in name
        and not _CONTROL.search(name)
    )
