"""A `.rmpkg` file: a tar that is at once a plain tree and an OCI image layout; read where it is, never unpacked."""

import io
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

from remotemedia.errors import PackageError
from remotemedia.registry import media_types
from remotemedia.registry._descriptor import Descriptor, Manifest
from remotemedia.registry._digest import referrers_tag
from remotemedia.registry._layout_source import BLOBS, INDEX_FILE, LAYOUT_FILE, Extent, LayoutSource

_MAX_MEMBERS = 20_000
_MAX_NAME_BYTES = 4096
# A tar's own records are small; a hostile one can claim gigabytes, which tarfile would read at once.
_MAX_RECORD_BYTES = 1 << 20
_MAX_RECORDS_BYTES = 64 << 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BLOB_NAME = re.compile(rf"{BLOBS}/[0-9a-f]{{64}}", re.ASCII)


class PackageArchive(LayoutSource):
    """A read-only `Source`. Raises `PackageError` RM301 for what is no package and RM304 for an unsafe archive.

    Use it as a context manager, or `close()` it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        try:
            self._file = path.open("rb")
        except OSError as exc:
            raise PackageError(f"`{path}` cannot be read: {exc.strerror}", code="RM301", path=str(path)) from exc
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
        """Find an artifact; the plain tree that `tar x` shows must be what it is made of (RM303)."""
        descriptor = super().resolve(part)
        for layer in Manifest.parse(self.manifest(descriptor.digest)).layers:
            if self._links.get(layer.title or "", layer.digest) != layer.digest:
                raise PackageError(
                    f"`{layer.title}` in `{self._place}` is another file than the package's",
                    code="RM303",
                    hint="fetch the package again from its source",
                )
        return descriptor

    def _refuse_strays(self) -> None:
        """A file lists packages and what refers to them; signatures that belong to none were cut off from their own.

        Without this a changed letter in `index.json` would make a signed package look unsigned.
        """
        entries = self._index()
        tags = {referrers_tag(entry.digest) for entry in entries if entry.media_type == media_types.MANIFEST}
        for entry in entries:
            if entry.media_type != media_types.MANIFEST and entry.annotations.get(media_types.REF_NAME) not in tags:
                raise PackageError(
                    f"`{self._place}` lists `{entry.digest}`, which belongs to no package in it",
                    code="RM303",
                    hint="fetch the package again from its source",
                )

    @contextmanager
    def _extent(self, name: str) -> Iterator[Extent]:
        if name not in self._places:
            raise FileNotFoundError(name)
        offset, size = self._places[name]
        yield Extent(self._file.fileno(), offset, size)


class _Records(io.RawIOBase):
    """What tarfile reads a tar's records through: bounded in each read and in all."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MAX_RECORDS_BYTES

    def read(self, size: int = -1) -> bytes:
        self._left -= size
        if not 0 <= size <= _MAX_RECORD_BYTES or self._left < 0:
            raise tarfile.ReadError("a record is too large")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _scan(file: BinaryIO, place: str) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """Give the place (offset, size) of every regular file, and for every hard link the digest it stands for."""
    places: dict[str, tuple[int, int]] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=_Records(file), mode="r:") as archive:
            for count, member in enumerate(archive):
                if count >= _MAX_MEMBERS:
                    raise _unsafe(place, f"expected at most {_MAX_MEMBERS} entries")
                _admit(member, places, links, place)
    except (tarfile.TarError, ValueError, OverflowError, EOFError, OSError) as exc:
        raise PackageError(f"expected `{place}` to be a tar: {exc}", code="RM301", path=place) from exc
    if LAYOUT_FILE not in places or INDEX_FILE not in places:
        raise PackageError(f"expected `{LAYOUT_FILE}` and `{INDEX_FILE}` in `{place}`", code="RM301", path=place)
    _check_bounds(file, places, place)
    return places, links


def _admit(member: tarfile.TarInfo, places: dict[str, tuple[int, int]], links: dict[str, str], place: str) -> None:
    name = member.name
    if not _is_safe(name):
        raise _unsafe(place, f"the name {name[:80]!r} is absolute, escapes, or is too long")
    if name in places or name in links:
        raise _unsafe(place, f"the name {name[:80]!r} stands there twice")
    if member.isdir():
        return
    if member.islnk():
        # A plain name stands for a blob that came before it; nothing else may be linked.
        if not _BLOB_NAME.fullmatch(member.linkname) or member.linkname not in places or name.startswith("blobs/"):
            raise _unsafe(place, f"{name[:80]!r} links to {member.linkname[:80]!r}, which is no blob before it")
        links[name] = f"sha256:{PurePosixPath(member.linkname).name}"
    elif member.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not member.issparse():
        if name not in {LAYOUT_FILE, INDEX_FILE} and not _BLOB_NAME.fullmatch(name):
            raise _unsafe(place, f"expected {name[:80]!r} to be a hard link to a blob")
        places[name] = (member.offset_data, member.size)
    else:
        raise _unsafe(place, f"{name[:80]!r} is neither a file nor a hard link")


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        0 < len(name.encode("utf-8", "surrogateescape")) <= _MAX_NAME_BYTES
        and str(path) == name  # no `//`, `./` or trailing slash: one spelling a file
        and not path.is_absolute()
        and ".." not in path.parts
        and "\\" not in name
        and not _CONTROL.search(name)
    )


def _check_bounds(file: BinaryIO, places: dict[str, tuple[int, int]], place: str) -> None:
    end = file.seek(0, io.SEEK_END)
    for name, (offset, size) in places.items():
        if size < 0 or offset + size > end:
            raise PackageError(f"`{place}` is cut off: `{name}` is not whole", code="RM302", path=place)


def _unsafe(place: str, why: str) -> PackageError:
    return PackageError(f"archive `{place}` is refused: {why}", code="RM304", path=place)
