"""Files of keys and trust: who may read and write them, and how they come into being."""

import os
import re
import stat
import tempfile
from pathlib import Path

from remotemedia.errors import TrustError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)
_MAX_BYTES = 4 << 20  # a revocation list of a large authority


def read_secret(path: Path) -> bytes:
    """Read a file that its owner alone can read; raises `TrustError` RM506."""
    data, mode = _read(path)
    if mode & 0o077:
        raise TrustError(
            f"expected key `{path}` to be readable by its owner only (mode 0600), got mode {mode:04o}",
            code="RM506",
            hint=f"chmod 600 {path}",
        )
    return data


def read_trusted(path: Path) -> bytes:
    """Read a file that says what is trusted, so that nobody else may write it; raises `TrustError` RM506."""
    data, mode = _read(path)
    _refuse_writable(path, mode)
    return data


def expect_trusted_directory(path: Path) -> None:
    """Refuse a directory in which others may put files; one that is missing has none. Raises `TrustError` RM506."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise TrustError(f"`{path}` cannot be read: {exc.strerror}", code="RM506") from exc
    _refuse_writable(path, mode)


def write_new(path: Path, data: bytes, *, file_mode: int) -> None:
    """Write a whole new file or none; the link fails if the name was taken in the meantime."""
    _write(path, data, file_mode, replace=False)


def write_over(path: Path, data: bytes, *, file_mode: int) -> None:
    """Replace a file as a whole; whoever reads it meanwhile sees the old or the new one."""
    _write(path, data, file_mode, replace=True)


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


def _refuse_writable(path: Path, mode: int) -> None:
    if mode & 0o022:
        raise TrustError(
            f"expected `{path}` to be writable by its owner only, got mode {mode:04o}",
            code="RM506",
            hint=f"chmod go-w {path}",
        )


def _read(path: Path) -> tuple[bytes, int]:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        raise TrustError(f"key `{path}` cannot be read: {exc.strerror}", code="RM506") from exc
    if len(data) > _MAX_BYTES:
        raise TrustError(f"expected `{path}` to have at most {_MAX_BYTES} bytes", code="RM506")
    return data, mode


def _write(path: Path, data: bytes, file_mode: int, *, replace: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as directory:
            new = Path(directory, path.name)
            with new.open("xb") as file:
                os.fchmod(file.fileno(), file_mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                new.replace(path)
            else:
                path.hardlink_to(new)
    except OSError as exc:
        raise TrustError(f"key `{path}` cannot be written: {exc.strerror}", code="RM506") from exc
