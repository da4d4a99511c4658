"""Headers of a tar, written here so that equal packages are equal files under every version of Python.

A header is that of `ustar` (POSIX.1-2024, `pax`, "ustar Interchange Format"): names of at most 100 ASCII characters,
sizes below 8 GiB. What does not fit stands in an extended header before it.
"""

from typing import Final

BLOCK: Final = 512
_RECORD: Final = 20 * BLOCK  # what an archive's length is a multiple of
_LONGEST_NAME: Final = 100
_LARGEST_SIZE: Final = 8**11 - 1

_FILE: Final = b"0"
_LINK: Final = b"1"
_DIRECTORY: Final = b"5"
_EXTENDED: Final = b"x"
_EXTENDED_NAME: Final = "././@PaxHeader"


def file_header(name: str, size: int, mtime: int) -> bytes:
    """The header of a regular file; its bytes follow, and `padding`."""
    return _extended({"path": name}, size) + _header(name, _FILE, mtime, size=size)


def link_header(name: str, target: str, mtime: int) -> bytes:
    """The header of a hard link to an earlier file."""
    return _extended({"path": name, "linkpath": target}) + _header(name, _LINK, mtime, link=target)


def directory_header(name: str, mtime: int) -> bytes:
    """The header of a directory, with a name in ASCII."""
    return _header(f"{name}/", _DIRECTORY, mtime, mode=0o755)


def padding(size: int) -> bytes:
    """What fills the last block of so many bytes."""
    return bytes(-size % BLOCK)


def end(size: int) -> bytes:
    """What ends an archive of so many bytes: two empty blocks, and the rest of a record."""
    return bytes(2 * BLOCK + -(size + 2 * BLOCK) % _RECORD)


def _header(name: str, kind: bytes, mtime: int, *, size: int = 0, link: str = "", mode: int = 0o644) -> bytes:
    """A header that says nothing of the machine: owner 0, without a name."""
    fields = (
        _text(name),
        _octal(mode, 8),
        _octal(0, 8),
        _octal(0, 8),
        _octal(size if size <= _LARGEST_SIZE else 0, 12),
        _octal(mtime, 12),
        b" " * 8,  # counts as blanks in the sum that comes to stand here
        kind,
        _text(link),
        b"ustar\x0000",
        bytes(32 + 32),
        _octal(0, 8),
        _octal(0, 8),
    )
    header = b"".join(fields).ljust(BLOCK, b"\0")
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]


def _extended(names: dict[str, str], size: int = 0) -> bytes:
    """The extended header of what does not fit, or nothing."""
    records = {key: name for key, name in names.items() if not name.isascii() or len(name) > _LONGEST_NAME}
    if size > _LARGEST_SIZE:
        records["size"] = str(size)
    if not records:
        return b""
    body = b"".join(_record(key, value) for key, value in records.items())
    return _header(_EXTENDED_NAME, _EXTENDED, 0, size=len(body)) + body + padding(len(body))


def _record(key: str, value: str) -> bytes:
    """`LENGTH KEY=VALUE` and a line feed, where the length counts its own digits."""
    rest = f" {key}={value}\n".encode()
    length = len(rest)
    while len(rest) + len(str(length)) != length:
        length = len(rest) + len(str(length))
    return str(length).encode() + rest


def _text(text: str) -> bytes:
    return text.encode("ascii", "replace")[:_LONGEST_NAME].ljust(_LONGEST_NAME, b"\0")


def _octal(number: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, number)
