"""Files of keys and trust: who may read and write them, and how they come into being."""

import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from remotemedia.errors import TrustError
from remotemedia.trust import whole_files

_T = TypeVar("_T")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)
_MAX_BYTES = 4 << 20  # a revocation list of a large authority


class MissingFileError(TrustError):
    """A file is not there."""


def read_key_file(path: Path, what: str = "key") -> bytes:
    """Read a file that somebody names: a key, certificates, or `what` else; at most 4 MiB.

    Raises:
        TrustError: RM506, it cannot be read, or is larger.
    """
    return _read(path, what, _MAX_BYTES)[0]


def read_secret(path: Path) -> bytes:
    """Read a file that its owner alone can read, if there is a private key in it; raises `TrustError` RM506."""
    data, status = _read(path, "key", _MAX_BYTES)
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077 and b"PRIVATE KEY" in data:
        raise TrustError(
            f"expected key `{path}` to be readable by its owner only (mode 0600), got mode {mode:04o}",
            code="RM506",
            hint=f"chmod 600 {path}",
        )
    return data


def read_trusted(path: Path, what: str = "key", most: int = _MAX_BYTES, *, anyones: bool = False) -> bytes:
    """Read a file that says what is trusted, so that nobody else may write it; raises `TrustError` RM506.

    Args:
        path: the file.
        what: it is, for messages.
        most: bytes it may have.
        anyones: whether its owner may be another user, who was trusted when the file was named.
    """
    data, status = _read(path, what, most)
    _refuse_writable(path, status)
    if not anyones:
        _refuse_foreign(path, status)
    return data


def read_each(paths: Iterable[Path], read: Callable[[Path], _T]) -> Iterator[_T]:
    """Read files of a directory that was listed; one that was removed since then is not there."""
    for path in paths:
        try:
            yield read(path)
        except MissingFileError:
            if path.is_symlink():  # it is there, and what it leads to is not
                raise


def expect_trusted_directory(path: Path) -> None:
    """Refuse a directory in which others may put files; one that is missing has none. Raises `TrustError` RM506.

    Those above it are not looked at: who may write there can put another one in its place, which would be theirs.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    except OSError as exc:
        raise TrustError(f"`{path}` cannot be read: {exc.strerror}", code="RM506") from exc
    _refuse_writable(path, status)
    _refuse_foreign(path, status)


@contextmanager
def changing(home: Path, *directories: Path) -> Iterator[None]:
    """Let one process at a time change these directories of the home, which is made if it is not there.

    What a process that was ended left there half-written is removed.
    """
    with _writing(home, "the home directory", hint="name another one with `REMOTEMEDIA_HOME`"):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        expect_trusted_directory(home)
        with _writing(home, "the home directory"):
            fcntl.flock(number, fcntl.LOCK_EX)
        for left in (path for directory in directories for path in directory.glob(".*.tmp")):
            with suppress(OSError):  # nobody reads it
                left.unlink()
        yield
    finally:
        os.close(number)


def write_new(path: Path, data: bytes, *, file_mode: int) -> None:
    """Write a whole new file or none; raises `TrustError` RM506 also if the name was taken in the meantime."""
    with _writing(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        whole_files.write_new(path, data, file_mode)
        _sync(path.parent)


def write_over(path: Path, data: bytes, *, file_mode: int) -> None:
    """Replace a file as a whole; raises `TrustError` RM506."""
    with _writing(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        whole_files.replace_file(path, data, file_mode, sync=True)
        _sync(path.parent)


def remove(path: Path) -> None:
    """Remove a file; raises `TrustError` RM506."""
    with _writing(path):
        path.unlink()
        _sync(path.parent)


def checked_name(name: str) -> str:
    """Give a name that can be a file's; raises `TrustError` RM506."""
    if not _NAME.fullmatch(name):
        raise TrustError(
            f"expected a key's name of letters, digits and `._@+-`, at most 64 characters, got `{name[:80]}`",
            code="RM506",
            hint="choose a name such as `release` or `ann@example.org`",
        )
    return name


def is_name(text: str) -> bool:
    """Say whether a text can be a key's name."""
    return _NAME.fullmatch(text) is not None


def _refuse_writable(path: Path, status: os.stat_result) -> None:
    """Refuse what others than its owner may write."""
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o022:
        raise TrustError(
            f"expected `{path}` to be writable by its owner only, got mode {mode:04o}",
            code="RM506",
            hint=f"chmod go-w {path}",
        )


def _refuse_foreign(path: Path, status: os.stat_result) -> None:
    """Refuse what is neither the user's own nor root's."""
    if status.st_uid not in {0, os.geteuid()}:
        raise TrustError(
            f"expected `{path}` to be owned by the user {os.geteuid()} or by root, got the user {status.st_uid}",
            code="RM506",
            hint=f"chown {os.geteuid()} {path}, or use a copy that is yours: `REMOTEMEDIA_HOME`",
        )


def _read(path: Path, what: str, most: int) -> tuple[bytes, os.stat_result]:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(most + 1)
    except OSError as exc:
        kind = MissingFileError if isinstance(exc, FileNotFoundError) else TrustError
        raise kind(f"{what} `{path}` cannot be read: {exc.strerror}", code="RM506") from exc
    if len(data) > most:
        raise TrustError(f"expected {what} `{path}` to have at most {most} bytes, got more", code="RM506")
    return data, status


def _sync(directory: Path) -> None:
    """Have a change of names on the disk: the next one must not be there before it."""
    number = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _writing(path: Path, what: str = "key", hint: str | None = None) -> Iterator[None]:
    """Convert an `OSError` into one of trust."""
    try:
        yield
    except OSError as exc:
        raise TrustError(f"{what} `{path}` cannot be written: {exc.strerror}", code="RM506", hint=hint) from exc
