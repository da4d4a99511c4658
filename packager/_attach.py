"""Adds signed statements to a package file that is there: the same bytes, and a few more.

Every blob is hashed while it is copied, and the file is replaced in one step, so that whoever reads it meanwhile, or
after a crash, finds the old package or the new one.
"""

import fcntl
import os
import stat
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, BinaryIO

from remotemedia.packager import _tar
from remotemedia.packager._artifact import EMPTY_CONFIG, Referrer
from remotemedia.packager._blob import Blob
from remotemedia.packager._canonical import canonical_json
from remotemedia.packager._writing import writing
from remotemedia.registry import Descriptor, PackageArchive, hex_of, media_types, referrers_tag
from remotemedia.trust import strict_json
from remotemedia.trust.whole_files import replacing

_BLOBS = "blobs/sha256/"
_INDEX = "index.json"
_HINT = "the package is as it was; make room, or copy it to where you may write"
_NO_TIME = 8**11  # the first that a header cannot hold


def attach(path: Path, digest: str, referrers: Sequence[Referrer]) -> None:
    """Add referrers to a package file; those that it has already are passed over.

    Args:
        path: a `.rmpkg` file.
        digest: of the package in it.
        referrers: what is added.

    Raises:
        PackageError: the file is no package (RM301, RM303, RM304) or not whole (RM302), or cannot be written (RM307).
    """
    with writing(path, hint=_HINT), _alone(path) as file, PackageArchive(path) as archive:
        listed = archive.referrers(digest)
        added = [it for it in referrers if it.descriptor.digest not in {old.digest for old in listed}]
        if not added:
            return
        with replacing(path, stat.S_IMODE(os.fstat(file.fileno()).st_mode), sync=True) as stream:
            rewriting = _Rewriting(archive, file, stream)
            rewriting.write(added, _Lists.of(rewriting.index, digest, [*listed, *(it.descriptor for it in added)]))


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """Have a file to oneself among those who attach: what another one adds meanwhile would be lost."""
    while True:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):  # otherwise it was replaced while we waited
                yield file
                return


@dataclass(frozen=True)
class _Lists:
    """The documents that list what is in a package file.

    Attributes:
        index: `index.json`.
        fallback: the index of the package's referrers.
        stale: the name of the one that `fallback` takes the place of; None if there was none.
    """

    index: bytes
    fallback: Blob
    stale: str | None

    @classmethod
    def of(cls, index: bytes, digest: str, referrers: Sequence[Descriptor]) -> "_Lists":
        document = strict_json.loads_object(index)
        listed = [descriptor.to_json() for descriptor in referrers]
        fallback = Blob.of_bytes(
            canonical_json({"schemaVersion": 2, "mediaType": media_types.INDEX, "manifests": listed})
        )
        named = {media_types.REF_NAME: referrers_tag(digest)}
        entry = Descriptor(media_types.INDEX, fallback.digest, fallback.size, annotations=named).to_json()
        entries = [Descriptor.from_json(it) for it in document["manifests"]]
        stale = [it for it in entries if it.annotations.get(media_types.REF_NAME) == referrers_tag(digest)]
        kept = [raw for raw, it in zip(document["manifests"], entries, strict=True) if it not in stale]
        raw = canonical_json({**document, "manifests": [*kept, entry]})
        return cls(raw, fallback, f"{_BLOBS}{hex_of(stale[0].digest)}" if stale else None)


class _Rewriting:
    """One file on its way to the next: headers and blobs as they are, with additions between them."""

    def __init__(self, archive: PackageArchive, file: BinaryIO, stream: IO[bytes]) -> None:
        with tarfile.open(fileobj=file, mode="r:") as old:
            self._members = old.getmembers()
        self._archive = archive
        self._file = file
        self._stream = stream
        self._names = {member.name for member in self._members}
        mtime = self._members[0].mtime  # an extended header may say anything, `nan` too
        self._mtime = int(mtime) if 0 <= mtime < _NO_TIME else 0

    @cached_property
    def index(self) -> bytes:
        """What `index.json` is in the old file."""
        member = next(member for member in self._members if member.name == _INDEX)
        self._file.seek(member.offset_data)
        return self._file.read(member.size)

    def write(self, added: Sequence[Referrer], lists: _Lists) -> None:
        """Copy what there is, with the additions where a build puts them: behind manifest and configuration."""
        blobs = [member for member in self._members if member.name.startswith(_BLOBS)]
        following = blobs[2] if len(blobs) > 2 else None  # noqa: PLR2004 - manifest and configuration
        for member in self._members:
            if member is following:
                self._add(added, lists.fallback)
            if member.name == _INDEX:
                self._put(_INDEX, lists.index)
            elif member.name != lists.stale:
                self._copy(member)
        if following is None:
            self._add(added, lists.fallback)
        self._stream.write(_tar.end(self._stream.tell()))

    def _copy(self, member: tarfile.TarInfo) -> None:
        self._file.seek(member.offset)
        self._stream.write(self._file.read(member.offset_data - member.offset))
        if not member.isreg():
            return
        if member.name.startswith(_BLOBS):
            descriptor = Descriptor("", f"sha256:{member.name.removeprefix(_BLOBS)}", member.size)
            for chunk in self._archive.open_blob(descriptor):
                self._stream.write(chunk)
        else:
            self._stream.write(self._file.read(member.size))
        self._stream.write(_tar.padding(member.size))

    def _add(self, added: Sequence[Referrer], fallback: Blob) -> None:
        for blob in (fallback, EMPTY_CONFIG, *(it.manifest for it in added)):
            self._put_blob(blob)
        for it in added:
            self._put_blob(it.bundle)
            self._stream.write(_tar.link_header(self._free(it.title), it.bundle.path, self._mtime))

    def _put_blob(self, blob: Blob) -> None:
        if blob.path not in self._names and isinstance(blob.content, bytes):
            self._put(blob.path, blob.content)

    def _put(self, name: str, content: bytes) -> None:
        self._names.add(name)
        self._stream.write(_tar.file_header(name, len(content), self._mtime) + content + _tar.padding(len(content)))

    def _free(self, title: str) -> str:
        """The title, or the next one that no file has: `meta/signature-2.sigstore.json`."""
        head, dot, tail = title.partition(".")
        names = (title, *(f"{head}-{number}{dot}{tail}" for number in range(2, len(self._names) + 3)))
        free = next(name for name in names if name not in self._names)
        self._names.add(free)
        return free
