"""An OCI image layout directory that can be written: the registry that needs no server."""

import fcntl
import os
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from remotemedia.registry import media_types
from remotemedia.registry._blobs import BlobStore
from remotemedia.registry._content import BytesContent
from remotemedia.registry._descriptor import Descriptor, Manifest, index_bytes
from remotemedia.registry._digest import digest_of, is_referrers_tag, referrers_tag
from remotemedia.registry._layout_files import LayoutFiles
from remotemedia.registry._layout_source import BLOBS, INDEX_FILE, LAYOUT_BYTES, LAYOUT_FILE
from remotemedia.registry._ports import Content
from remotemedia.registry._unwritable import cannot_write
from remotemedia.trust.whole_files import replace_file


class LayoutDirectory(LayoutFiles):
    """Source and target. It is made with the first thing that is put into it.

    `index.json` has, for every artifact, one entry a tag and one entry `sha256-<hex>` that lists the referrers: the
    shape in which oras, regctl, skopeo and cosign all find everything. It is rewritten whole, under a lock.

    Args:
        path: the directory.
        pool: a store that other layouts share; blobs are then put there and linked from here.
    """

    def __init__(self, path: Path, *, pool: BlobStore | None = None) -> None:
        super().__init__(path)
        self._blobs = BlobStore(path / BLOBS)
        self._pool = pool

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Say whether the blob is there; one of the pool is linked at once."""
        if self._blobs.has(descriptor):
            return True
        if self._pool is None or not self._pool.has(descriptor):
            return False
        self._blobs.link_from(self._pool, descriptor.digest)
        return True

    def put_blob(self, descriptor: Descriptor, content: Content) -> None:
        """Store a blob, hashed on its way; what an attempt that failed has left is gone on with."""
        if self._pool is None:
            self._blobs.put(descriptor, content)
        else:
            self._pool.put(descriptor, content)
            self._blobs.link_from(self._pool, descriptor.digest)

    def put_manifest(self, raw: bytes, tag: str | None = None) -> None:
        """Store an artifact's manifest; a tag that pointed elsewhere moves here."""
        manifest = Manifest.parse(raw)
        self._put(raw)
        annotations = {media_types.KIND: media_types.KIND_IMAGE}
        if tag is not None:
            annotations = {media_types.REF_NAME: tag, **annotations}
        entry = Descriptor(
            media_types.MANIFEST, manifest.descriptor.digest, len(raw), manifest.artifact_type, annotations
        ).to_json()
        with self._rewriting() as entries:
            _place(entries, entry, tag)

    def add_referrer(self, raw: bytes) -> None:
        """Store a manifest with a `subject`, and list it among the subject's referrers."""
        manifest = _referrer(raw)
        self._put(raw)
        with self._rewriting() as entries:
            listed = self._listed(entries, _subject(manifest))
            if manifest.descriptor.digest not in {descriptor.digest for descriptor in listed}:
                self._list(entries, _subject(manifest), [*listed, manifest.descriptor])

    def listed(self, digest: str) -> Container[str]:
        """Give the digests of the manifests that are listed as referring to an artifact."""
        if not (self.path / INDEX_FILE).exists():
            return ()
        return {descriptor.digest for descriptor in self.referrers(digest)}

    def replace_referrers(self, digest: str, manifests: Sequence[bytes]) -> None:
        """Let exactly these manifests, whose blobs are stored already, be the referrers of an artifact."""
        parsed = [_referrer(raw) for raw in manifests]
        for manifest in parsed:
            self._put(manifest.raw)
        with self._rewriting() as entries:
            self._list(entries, digest, [manifest.descriptor for manifest in parsed])

    def _put(self, data: bytes) -> None:
        descriptor = Descriptor.of(media_types.MANIFEST, data)
        if not self.has_blob(descriptor):
            self.put_blob(descriptor, BytesContent(data))

    def _listed(self, entries: list[dict[str, Any]], digest: str) -> list[Descriptor]:
        for entry in entries:
            if _ref_name(entry) == referrers_tag(digest):
                return self._parse_index(self.manifest(entry["digest"]))
        return []

    def _list(self, entries: list[dict[str, Any]], digest: str, referrers: Sequence[Descriptor]) -> None:
        """Point the entry `sha256-<hex>` to a new index of referrers."""
        tag = referrers_tag(digest)
        position = next((place for place, entry in enumerate(entries) if _ref_name(entry) == tag), len(entries))
        if not referrers:
            del entries[position : position + 1]
            return
        raw = index_bytes([descriptor.to_json() for descriptor in referrers])
        self._put(raw)
        entry = Descriptor(media_types.INDEX, digest_of(raw), len(raw), annotations={media_types.REF_NAME: tag})
        entries[position : position + 1] = [entry.to_json()]

    @contextmanager
    def _rewriting(self) -> Iterator[list[dict[str, Any]]]:
        """Give the entries of `index.json` to change; one process at a time, and readers see the old or the new."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as exc:
            raise cannot_write(self.path, exc) from exc
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            if not (self.path / INDEX_FILE).exists():
                _replace(self.path / LAYOUT_FILE, LAYOUT_BYTES)
                _replace(self.path / INDEX_FILE, index_bytes([]))
            entries = self._raw_index()
            before = _lists(entries)
            yield entries
            _replace(self.path / INDEX_FILE, index_bytes(entries))
            for digest in before - _lists(entries):  # only now does nobody look for them
                self._blobs.remove(digest)
        finally:
            os.close(directory)


def _place(entries: list[dict[str, Any]], entry: dict[str, Any], tag: str | None) -> None:
    """Put an artifact's entry where it belongs: before its referrers, instead of what the tag pointed to."""
    for old in [
        old for old in entries if tag is not None and _ref_name(old) == tag and old["digest"] != entry["digest"]
    ]:
        del old["annotations"][media_types.REF_NAME]  # the older artifact stays, by its digest
    same = [old for old in entries if old["digest"] == entry["digest"]]
    if any(_ref_name(old) == tag for old in same) or (tag is None and same):
        return
    for old in same:
        if _ref_name(old) is None:
            entries.remove(old)
    fallback = referrers_tag(entry["digest"])
    position = next((place for place, old in enumerate(entries) if _ref_name(old) == fallback), len(entries))
    entries.insert(position, entry)


def _replace(path: Path, data: bytes) -> None:
    try:
        replace_file(path, data, 0o644)
    except OSError as exc:
        raise cannot_write(path, exc) from exc


def _ref_name(entry: dict[str, Any]) -> str | None:
    name = (entry.get("annotations") or {}).get(media_types.REF_NAME)
    return name if isinstance(name, str) else None


def _lists(entries: list[dict[str, Any]]) -> set[str]:
    """Give the digests of the indexes of referrers."""
    return {entry["digest"] for entry in entries if is_referrers_tag(_ref_name(entry) or "")}


def _referrer(raw: bytes) -> Manifest:
    manifest = Manifest.parse(raw)
    _subject(manifest)
    return manifest


def _subject(manifest: Manifest) -> str:
    if manifest.subject is None:
        raise ValueError("expected a manifest with a `subject`")
    return manifest.subject.digest
