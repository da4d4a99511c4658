"""Archives that could do harm, each with one defect: `ARCHIVES` is a table of what has to come of them.

Most are the entries of a good package with something put in: what is wrong is wrong in a file that is otherwise right.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

__all__ = ["ARCHIVES", "TAKEN", "Archive", "entries_of", "written"]

Entry = tuple[tarfile.TarInfo, bytes]
Entries = list[Entry]

UNSAFE = frozenset({"RM304"})
NO_PACKAGE = frozenset({"RM301"})
CUT = frozenset({"RM301", "RM302", "RM304"})
EITHER = UNSAFE | NO_PACKAGE
STRAY = frozenset({"RM303"})
TAKEN = frozenset({None})
"""It is the package all the same."""

_SIZE_AT = slice(124, 136)
_SUM_AT = slice(148, 156)


@dataclass(frozen=True)
class Archive:
    """One row.

    Attributes:
        name: the defect.
        make: gives the file's bytes of the entries of a good package.
        python: codes of which the Python reader must give one; `TAKEN` where it is harmless.
        executor: the same for the executor, which uses no name of an archive but the blobs' digests.
    """

    name: str
    make: Callable[[Entries], bytes]
    python: frozenset[str | None]
    executor: frozenset[str | None]


def entries_of(data: bytes) -> Entries:
    """Give the entries of an archive."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [(it, archive.extractfile(it).read() if it.isreg() else b"") for it in archive]  # type: ignore[union-attr] # it is a file


def written(entries: Iterable[Entry]) -> bytes:
    """Write entries as an archive."""
    return b"".join(map(_raw, entries)) + bytes(1024)


def _raw(entry: Entry) -> bytes:
    info, data = entry
    return info.tobuf(tarfile.PAX_FORMAT) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def _header(
    name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", *, link: str = "", pax: dict[str, str] | None = None
) -> Entry:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, len(data), link
    info.pax_headers = pax or {}
    return info, data


def _blob(entries: Entries) -> str:
    """Give the name of some blob."""
    return next(info.name for info, _ in entries if info.name.startswith("blobs/sha256/") and info.isreg())


def _with(*made: Callable[[Entries], Entry]) -> Callable[[Entries], bytes]:
    """Put entries behind those of the package."""
    return lambda entries: written([*entries, *(make(entries) for make in made)])


def _link(name: str, target: str | None = None, kind: bytes = tarfile.LNKTYPE) -> Callable[[Entries], Entry]:
    """Make a link, by default to a blob as it should be."""
    return lambda entries: _header(name, kind, link=_blob(entries) if target is None else target)


def _sized_link(name: str) -> Callable[[Entries], Entry]:
    """Make a link that says how large it is; no bytes follow."""

    def make(entries: Entries) -> Entry:
        info, data = _header(name, tarfile.LNKTYPE, link=_blob(entries))
        info.size = 512
        return info, data

    return make


def _entry(name: str, kind: bytes, data: bytes = b"") -> Callable[[Entries], Entry]:
    return lambda _: _header(name, kind, data)


def _before(data: Callable[[Entries], bytes]) -> Callable[[Entries], bytes]:
    """Put raw blocks before the last entry: headers that tell something of it."""
    return lambda entries: written(entries[:-1])[:-1024] + data(entries) + written(entries[-1:])


def _extended(kind: bytes, data: bytes, name: str = "x") -> bytes:
    return _raw(_header(name, kind, data))


def _record(key: str, value: str) -> bytes:
    rest = f" {key}={value}\n"
    length = next(n for n in range(len(rest), len(rest) + 9) if n == len(rest) + len(str(n)))
    return f"{length}{rest}".encode()


def _pax(*records: tuple[str, str]) -> bytes:
    return _extended(tarfile.XHDTYPE, b"".join(_record(*it) for it in records))


def _resized(field: bytes, place: int = -1) -> Callable[[Entries], bytes]:
    """Write another size into the header of an entry, and the checksum that goes with it."""

    def make(entries: Entries) -> bytes:
        raw = [bytearray(_raw(it)) for it in entries]
        header = raw[place]
        header[_SIZE_AT] = field
        header[_SUM_AT] = b" " * 8
        header[_SUM_AT] = b"%06o\0 " % sum(header[:512])
        return b"".join(raw) + bytes(1024)

    return make


def _without_blob(entries: Entries) -> bytes:
    """Take the blob of the last link away: the link leads to nothing."""
    gone = next(info.linkname for info, _ in reversed(entries) if info.islnk())
    return written([it for it in entries if it[0].name != gone])


def _links_first(entries: Entries) -> bytes:
    links = [it for it in entries if it[0].islnk()]
    return written([*entries[:2], *links, *(it for it in entries[2:] if not it[0].islnk())])


def _two_bodies(entries: Entries) -> bytes:
    """Give one blob twice, first with other bytes: whoever takes the last one differs from who takes the first."""
    name = _blob(entries)
    return written([*entries[:2], _header(name, data=b"other bytes"), *entries[2:]])


def _twice(entries: Entries) -> bytes:
    return written([*entries, *(it for it in entries if it[0].name == "index.json")])


def _cycle(entries: Entries) -> bytes:
    one, two = "blobs/sha256/" + "ab" * 32, "blobs/sha256/" + "cd" * 32
    pair: Sequence[Entry] = (_header(one, tarfile.LNKTYPE, link=two), _header(two, tarfile.LNKTYPE, link=one))
    return written([*entries, *pair])


def _many(count: int) -> Callable[[Entries], bytes]:
    """Put one entry, which may stand there any number of times, behind the others."""
    directory = _raw(_header("models/d", tarfile.DIRTYPE))
    return lambda entries: written(entries)[:-1024] + directory * count


ARCHIVES = (
    Archive("absolute name", _with(_link("/etc/passwd")), UNSAFE, UNSAFE),
    Archive("name that climbs", _with(_link("models/../../x")), UNSAFE, UNSAFE),
    Archive("name with a backslash", _with(_link("models\\..\\x")), UNSAFE, UNSAFE),
    Archive("name with a control character", _with(_link("models/\x1b[2J")), UNSAFE, UNSAFE),
    Archive("second spelling of a name", _with(_link("models//x")), UNSAFE, UNSAFE),
    Archive("name of 5000 bytes", _with(_link("models/" + "x" * 5000)), UNSAFE, UNSAFE),
    Archive("name that is not UTF-8", _with(_link("models/\udcff")), UNSAFE, UNSAFE),
    Archive("link out, absolute", _with(_link("models/x", "/etc/passwd")), UNSAFE, UNSAFE),
    Archive("link out, climbing", _with(_link("models/x", "../../x")), UNSAFE, UNSAFE),
    Archive("symbolic link", _with(_link("models/x", kind=tarfile.SYMTYPE)), UNSAFE, UNSAFE),
    Archive(
        "symbolic link as a directory",
        _with(_link("models/d", "/", tarfile.SYMTYPE), _link("models/d/x")),
        UNSAFE,
        UNSAFE,
    ),
    Archive("hard link to itself", _with(_link("models/x", "models/x")), UNSAFE, UNSAFE),
    Archive("cycle of hard links", _cycle, UNSAFE, UNSAFE),
    Archive("hard link to nothing", _without_blob, UNSAFE, UNSAFE),
    Archive("hard links before their blobs", _links_first, UNSAFE, UNSAFE),
    Archive("device", _with(_entry("models/x", tarfile.CHRTYPE)), UNSAFE, UNSAFE),
    Archive("pipe", _with(_entry("models/x", tarfile.FIFOTYPE)), UNSAFE, UNSAFE),
    Archive("unknown kind of entry", _with(_entry("models/x", b"Z")), UNSAFE, UNSAFE),
    Archive("plain file beside the blobs", _with(_entry("models/x", tarfile.REGTYPE, b"x")), UNSAFE, TAKEN),
    Archive("name twice", _twice, UNSAFE, UNSAFE),
    Archive("blob twice, with other bytes", _two_bodies, UNSAFE, UNSAFE),
    Archive("names that differ in case", _with(_link("models/a.bin"), _link("models/A.bin")), UNSAFE, TAKEN),
    Archive(
        "names that differ in the form of an accent",
        _with(_link("models/\u00e9"), _link("models/e\u0301")),
        UNSAFE,
        TAKEN,
    ),
    Archive("names that fold to one", _with(_link("models/stra\u00dfe"), _link("models/STRASSE")), UNSAFE, TAKEN),
    Archive("file that is a directory too", _with(_link("models/a"), _link("models/a/b")), UNSAFE, TAKEN),
    Archive("file that no layer is", _with(_link("modules/setup.py")), STRAY, TAKEN),
    Archive("signature that nobody refers to", _with(_link("meta/own.sigstore.json")), STRAY, TAKEN),
    Archive("link with a size", _with(_sized_link("models/x")), UNSAFE, TAKEN),
    Archive("sparse file, old GNU", _with(_entry("models/x", tarfile.GNUTYPE_SPARSE)), UNSAFE, UNSAFE),
    Archive(
        "sparse file, PAX 0.1",
        _before(lambda _: _pax(("GNU.sparse.map", "0,1"), ("GNU.sparse.size", "9"))),
        EITHER,
        UNSAFE,
    ),
    Archive(
        "sparse file, PAX 1.0",
        _before(lambda _: _pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "9"))),
        EITHER,
        UNSAFE,
    ),
    Archive(
        "extended header for all entries",
        _before(lambda _: _extended(tarfile.XGLTYPE, _record("path", "x"))),
        UNSAFE,
        UNSAFE,
    ),
    Archive("PAX name that climbs", _before(lambda _: _pax(("path", "../x"))), UNSAFE, UNSAFE),
    Archive("PAX name with a zero byte", _before(lambda _: _pax(("path", "models/x\0y"))), UNSAFE, UNSAFE),
    Archive("PAX link that climbs", _before(lambda _: _pax(("linkpath", "../../etc/passwd"))), UNSAFE, UNSAFE),
    Archive("PAX size beyond the file", lambda entries: _pax(("size", "99999999999")) + written(entries), CUT, UNSAFE),
    Archive("PAX size below zero", lambda entries: _pax(("size", "-512")) + written(entries), CUT, UNSAFE),
    Archive(
        "PAX size that hides what follows", lambda entries: _pax(("size", str(1 << 20))) + written(entries), CUT, UNSAFE
    ),
    Archive("PAX size that is no number", lambda entries: _pax(("size", "1e3")) + written(entries), EITHER, UNSAFE),
    Archive("PAX name twice", _before(lambda _: _pax(("path", "models/x"), ("path", "../x"))), UNSAFE, UNSAFE),
    Archive(
        "PAX and GNU name",
        _before(lambda _: _pax(("path", "models/x")) + _extended(tarfile.GNUTYPE_LONGNAME, b"../x\0")),
        UNSAFE,
        UNSAFE,
    ),
    Archive("PAX record of no length", _before(lambda _: _extended(tarfile.XHDTYPE, b"0 path=x\n")), EITHER, UNSAFE),
    Archive(
        "PAX record longer than its header",
        _before(lambda _: _extended(tarfile.XHDTYPE, b"99 path=x\n")),
        EITHER,
        UNSAFE,
    ),
    Archive(
        "GNU long name that climbs", _before(lambda _: _extended(tarfile.GNUTYPE_LONGNAME, b"../x\0")), UNSAFE, UNSAFE
    ),
    Archive(
        "GNU long link that climbs",
        _before(lambda _: _extended(tarfile.GNUTYPE_LONGLINK, b"/etc/passwd\0")),
        UNSAFE,
        UNSAFE,
    ),
    Archive(
        "thousands of extended headers in a row",
        _before(lambda _: _extended(tarfile.GNUTYPE_LONGNAME, b"x\0") * 3000),
        EITHER,
        UNSAFE,
    ),
    Archive("extended header of 2 MiB", _before(lambda _: _pax(("comment", "x" * (2 << 20)))), EITHER, UNSAFE),
    Archive(
        "extended header of 2 MiB that is not there",
        lambda _: _resized(b"00010000000\0", 0)([_header("x", tarfile.XHDTYPE)]),
        CUT,
        UNSAFE,
    ),
    Archive("size beyond the file", _resized(b"77777777777\0", 0), CUT, CUT),
    Archive("size of 2^80 bytes", _resized(b"\x80" + b"\1" + bytes(10), 0), CUT, EITHER),
    Archive("size below zero", _resized(b"\xff" * 12, 0), CUT, EITHER),
    Archive("size that is no number", _resized(b"not a number", 0), CUT, EITHER),
    Archive("entries without end", _many(70_000), UNSAFE, UNSAFE),
    Archive("compressed", lambda _: b"\x1f\x8b\x08" + bytes(600), NO_PACKAGE, NO_PACKAGE),
    Archive("zeros", lambda _: bytes(10240), NO_PACKAGE, NO_PACKAGE),
)
