"""The headers of a tar, read strictly: `for entry in entries(file, "x.rmpkg"): …`.

Read are ustar and PAX headers and GNU long names (POSIX.1-2024, `pax`, "ustar Interchange Format"). Where programs
disagree about what headers say, an archive is refused: what is judged here is what others unpack.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from remotemedia.errors import PackageError

REGULAR: Final = (b"0", b"\0")
LINK: Final = b"1"
DIRECTORY: Final = b"5"

_BLOCK: Final = 512
_PAX, _LONG_NAME, _LONG_LINK = b"x", b"L", b"K"
_EXTENSIONS: Final = (_PAX, _LONG_NAME, _LONG_LINK)
_MAX_EXTENSION_BYTES: Final = 64 << 10
_MAX_SIZE: Final = 1 << 62
_MAX_HEADERS: Final = 60_000
# Mode, owner, group, time and device: not used here, but a program that cannot read one ends there.
_NUMBERS: Final = (slice(100, 108), slice(108, 116), slice(116, 124), slice(136, 148), slice(329, 337), slice(337, 345))


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        name: as it stands there, without the slash at the end of a directory's.
        kind: the type flag.
        link: what a link leads to.
        offset: where its bytes begin in the file.
        size: how many there are, all of them inside the file.
    """

    name: str
    kind: bytes
    link: str
    offset: int
    size: int


def entries(file: BinaryIO, place: str) -> Iterator[Entry]:
    """Give the entries up to the end mark, or the end of the file.

    Raises:
        PackageError: RM301, it is no tar; RM302, it is cut off; RM304, a header is ambiguous, or there are too many.
    """
    length, at = os.fstat(file.fileno()).st_size, 0
    told: dict[str, str] = {}  # by extended headers, of the entry behind them
    for _ in range(_MAX_HEADERS):
        header = _header(file, at, place)
        if header is None:
            return
        kind = header[156:157]
        name, link = _names(header, told, place)
        size = _size(header, told, place)
        if size and kind in {LINK, DIRECTORY}:  # POSIX has bytes follow neither, but some programs skip that many
            raise unsafe(place, f"{name[:80]!r} has a size and nothing in it")
        at += _BLOCK
        if at + size > length:
            raise PackageError(f"`{place}` is cut off: {name[:80]!r} is not whole", code="RM302", path=place)
        if kind in _EXTENSIONS:
            _extend(told, kind, _extension(file, at, size, place), place)
        else:
            yield Entry(name, kind, link, at, size)
            told = {}
        at += -(-size // _BLOCK) * _BLOCK
    raise unsafe(place, f"expected at most {_MAX_HEADERS} headers")


def unsafe(place: str, why: str) -> PackageError:
    """Make the error that says that an archive could do harm: RM304."""
    return PackageError(f"archive `{place}` is refused: {why}", code="RM304", path=place)


def _header(file: BinaryIO, at: int, place: str) -> bytes | None:
    """Read a header, or None at the end: an empty block, or no more bytes."""
    header = os.pread(file.fileno(), _BLOCK, at)
    if at and (not header or header == bytes(_BLOCK)):
        return None
    # The checksum counts its own eight bytes as blanks.
    expected = sum(header) - sum(header[148:156]) + 8 * ord(" ")
    if (
        len(header) < _BLOCK
        or _number(header[148:156]) != expected
        or not all(_is_number(header[it]) for it in _NUMBERS)
    ):
        raise PackageError(f"expected `{place}` to be a tar: no header at byte {at}", code="RM301", path=place)
    return header


def _names(header: bytes, told: dict[str, str], place: str) -> tuple[str, str]:
    name, link = _text(header[:100], place), _text(header[157:257], place)
    prefix = _text(header[345:500], place) if header[257:263] == b"ustar\0" else ""
    name = told.get("path", f"{prefix}/{name}" if prefix else name)
    return name.removesuffix("/") if header[156:157] == DIRECTORY else name, told.get("linkpath", link)


def _size(header: bytes, told: dict[str, str], place: str) -> int:
    """Read the size: of the extended header before it, else of its own; POSIX and GNU have two ways to write it."""
    field = header[124:136]
    if header[156:157] not in _EXTENSIONS and (text := told.get("size")) is not None:
        size = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_SIZE)) else None
    else:
        size = int.from_bytes(field[1:]) if field[:1] == b"\x80" else _number(field)
    if size is None or size > _MAX_SIZE:
        raise unsafe(place, "a size is no number, or one that no file has")
    return size


def _number(field: bytes) -> int | None:
    """Read octal digits, ended by a zero byte or a blank."""
    text = field.partition(b"\0")[0].strip(b" ")
    return int(text, 8) if text and not text.strip(b"01234567") else None


def _is_number(field: bytes) -> bool:
    """Say whether all programs take a field for a number: octal, binary as GNU has it, or nothing at all."""
    return field[:1] in {b"\x80", b"\xff"} or not field.strip(b"\0 ") or _number(field) is not None


def _text(field: bytes, place: str) -> str:
    try:
        return field.partition(b"\0")[0].decode()
    except UnicodeDecodeError as exc:
        raise unsafe(place, "a name is not UTF-8") from exc


def _extension(file: BinaryIO, at: int, size: int, place: str) -> bytes:
    if size > _MAX_EXTENSION_BYTES:
        raise unsafe(place, f"expected extended headers of at most {_MAX_EXTENSION_BYTES} bytes, got {size}")
    return os.pread(file.fileno(), size, at)


def _extend(told: dict[str, str], kind: bytes, data: bytes, place: str) -> None:
    """Add what an extended header tells; programs disagree about which of two counts."""
    if kind == _PAX:
        found = list(_records(data, place))
    else:
        found = [("path" if kind == _LONG_NAME else "linkpath", _text(data, place))]
    for key, value in found:
        if key.startswith("GNU.sparse"):
            raise unsafe(place, "an entry is a sparse file")
        if key in told:
            raise unsafe(place, f"two extended headers tell the {key[:80]!r} of one entry")
        told[key] = value


def _records(data: bytes, place: str) -> Iterator[tuple[str, str]]:
    """Read `LENGTH KEY=VALUE` and a line feed, again and again; the length counts itself."""
    while data:
        digits = data[:20].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        record, rest = data[len(digits) + 1 : length], data[length:]
        key, equals, value = record.removesuffix(b"\n").partition(b"=")
        if length > len(data) or not equals or not record.endswith(b"\n") or b"\0" in record:
            raise unsafe(place, "an extended header is malformed")
        yield _text(key, place), _text(value, place)
        data = rest
