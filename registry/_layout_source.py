"""Reading an OCI image layout, wherever its files are: in a directory or in a tar."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from remotemedia.errors import PackageError, RegistryError, RemoteMediaError
from remotemedia.registry import media_types
from remotemedia.registry._descriptor import MAX_MANIFEST_BYTES, Descriptor, Manifest, parse_index
from remotemedia.registry._digest import (
    digest_of,
    hex_of,
    is_digest,
    is_referrers_tag,
    referrers_tag,
    verified,
)
from remotemedia.registry._extent import Extent, ShortenedError
from remotemedia.registry._reference import DEFAULT_TAG
from remotemedia.trust import strict_json

LAYOUT_FILE = "oci-layout"
LAYOUT_BYTES = b'{"imageLayoutVersion":"1.0.0"}'
INDEX_FILE = "index.json"
BLOBS = "blobs/sha256"

_LAYOUT_VERSION = "1.0.0"
_MAX_ENTRIES = 1024
_MAX_SHOWN = 3


class LayoutSource(ABC):
    """A `Source` over the files of an image layout. Bytes that do not match their digest are a `PackageError` RM302."""

    def __init__(self, place: str) -> None:
        self._place = place

    @abstractmethod
    def _extent(self, name: str) -> AbstractContextManager[Extent]:
        """Open a file of the layout by its name there; `FileNotFoundError` if there is none."""

    def resolve(self, part: str | None) -> Descriptor:
        """Find an artifact by digest or tag; None asks for the only one, or the one tagged `latest`."""
        artifacts = self._artifacts()
        if part is None:
            digests = {entry.digest for entry in artifacts}
            found = artifacts if len(digests) == 1 else [entry for entry in artifacts if _tag(entry) == DEFAULT_TAG]
        elif is_digest(part):
            found = [entry for entry in artifacts if entry.digest == part]
        else:
            found = [entry for entry in artifacts if _tag(entry) == part]
        if not found:
            raise self._not_found(part)
        return found[0]

    def manifest(self, digest: str) -> bytes:
        """Give the raw bytes of a manifest."""
        raw = self._read(f"{BLOBS}/{hex_of(digest)}")
        if digest_of(raw) != digest:
            raise self.refusal(digest, f"got `{digest_of(raw)}`")
        return raw

    def open_blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """Give a blob in chunks of at most 256 KiB, checked at the end."""
        refusal = partial(self.refusal, descriptor.digest)
        return verified(self.read_blob(descriptor), descriptor.digest, descriptor.size, refusal)

    def read_blob(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """Give a blob in chunks of at most 256 KiB from byte `start` on, unchecked but for its size."""
        with self.blob_extent(descriptor) as extent:
            try:
                yield from extent.chunks(start)
            except ShortenedError as exc:
                raise self.refusal(descriptor.digest, "the file became shorter while it was read") from exc

    def blob_extents(self, descriptor: Descriptor, start: int = 0) -> Iterator[Extent]:
        """Give the same as parts of an open file."""
        with self.blob_extent(descriptor) as extent:
            yield from extent.pieces(start)

    def refusal(self, digest: str, why: str) -> RemoteMediaError:
        """Make the error that says that what came from here does not match its digest: RM302."""
        return PackageError(
            f"blob `{digest}` in `{self._place}` does not match its digest: {why}",
            code="RM302",
            hint="fetch the package again from its source",
            digest=digest,
        )

    def referrers(self, digest: str, artifact_type: str | None = None) -> Sequence[Descriptor]:
        """List referrers: those of the index under the fallback tag, and those that stand in `index.json` itself."""
        found: dict[str, Descriptor] = {}
        for entry in self._index():
            if _tag(entry) == referrers_tag(digest):
                listed = self._parse_index(self.manifest(entry.digest))
                found.update((descriptor.digest, descriptor) for descriptor in listed)
            elif _tag(entry) is None and entry.media_type == media_types.MANIFEST:
                manifest = Manifest.parse(self.manifest(entry.digest))
                if manifest.subject is not None and manifest.subject.digest == digest:
                    found[entry.digest] = manifest.descriptor
        return [entry for entry in found.values() if artifact_type in {None, entry.artifact_type}]

    def tags(self) -> Sequence[str]:
        """List the tags that people gave."""
        return sorted({tag for entry in self._artifacts() if (tag := _tag(entry)) is not None})

    def _artifacts(self) -> list[Descriptor]:
        """Entries that are artifacts of their own: tagged, or packages; not the referrers' bookkeeping."""
        return [
            entry
            for entry in self._index()
            if (
                entry.artifact_type == media_types.PACKAGE
                if (tag := _tag(entry)) is None
                else not is_referrers_tag(tag)
            )
        ]

    def _index(self) -> list[Descriptor]:
        return [Descriptor.from_json(entry) for entry in self._raw_index()]

    def _raw_index(self) -> list[dict[str, Any]]:
        try:
            layout = strict_json.loads_object(self._read(LAYOUT_FILE))
            entries = parse_index(self._read(INDEX_FILE))
        except ValueError as exc:
            raise self._no_layout(str(exc)) from exc
        if layout.get("imageLayoutVersion") != _LAYOUT_VERSION:
            raise self._no_layout(f"expected `imageLayoutVersion` `{_LAYOUT_VERSION}`")
        if len(entries) > _MAX_ENTRIES:
            raise self._no_layout(f"expected at most {_MAX_ENTRIES} entries in `{INDEX_FILE}`, got {len(entries)}")
        return entries

    def _parse_index(self, raw: bytes) -> list[Descriptor]:
        try:
            return [Descriptor.from_json(entry) for entry in parse_index(raw)]
        except ValueError as exc:
            raise self._no_layout(str(exc)) from exc

    def _read(self, name: str) -> bytes:
        with self._present(name) as extent:
            if extent.size > MAX_MANIFEST_BYTES:
                raise self._no_layout(f"expected `{name}` to have at most {MAX_MANIFEST_BYTES} bytes")
            return extent.read(0, extent.size)

    @contextmanager
    def blob_extent(self, descriptor: Descriptor) -> Iterator[Extent]:
        """Open a blob, unchecked but for its size."""
        with self._present(f"{BLOBS}/{hex_of(descriptor.digest)}") as extent:
            if extent.size != descriptor.size:
                raise self.refusal(descriptor.digest, f"expected {descriptor.size} bytes, got {extent.size}")
            yield extent

    @contextmanager
    def _present(self, name: str) -> Iterator[Extent]:
        try:
            with self._extent(name) as extent:
                yield extent
        except FileNotFoundError as exc:
            raise self._no_layout(f"`{name}` is missing") from exc
        except OSError as exc:
            raise self._no_layout(f"`{name}` cannot be read: {exc.strerror}") from exc

    def _no_layout(self, why: str) -> PackageError:
        return PackageError(f"expected an OCI image layout in `{self._place}`: {why}", code="RM301", path=self._place)

    def _not_found(self, part: str | None) -> RegistryError:
        tags = ", ".join(f"`{tag}`" for tag in self.tags()[:10]) or "no tag"
        asked = f"`{part}`" if part is not None else "a single package"
        return RegistryError(
            f"expected {asked} in `{self._place}`, got {tags}",
            code="RM402",
            hint="name one of its tags or a digest",
            path=self._place,
        )


def nothing_to_read(path: Path, why: str) -> PackageError:
    """Make the error that says that a file, or a directory, cannot be opened: RM319, with what is there instead."""
    there: list[Path] = []
    with suppress(OSError, ValueError):  # the directory may be missing too, or have no such name
        there = sorted(path.parent.glob("*.rmpkg"))[:_MAX_SHOWN]
    hint = f"here are {', '.join(f'`{it}`' for it in there)}" if there else "`remotemedia build FILE` makes a package"
    return PackageError(f"`{path}` cannot be read: {why}", code="RM319", hint=hint, path=str(path))


def _tag(entry: Descriptor) -> str | None:
    return entry.annotations.get(media_types.REF_NAME)
