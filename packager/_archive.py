"""Writes the archive of a package.

It appears under its name only when it is complete. One that is there already, with equal content, stays.
"""

import errno
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from remotemedia.compiler import LARGE, Digests, settled, stamp_of
from remotemedia.packager._arrangement import Arrangement, PlacedFile
from remotemedia.packager._inputs import copy_checked, copy_unchecked
from remotemedia.packager._writing import writing

# What the kernel says of files between which it does not copy.
_CANNOT: Final = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM})
_NOTE: Final = "archive"


class Archive:
    """An archive that is being written; a context, at whose end nothing stays of one that is not complete.

    Args:
        directory: where it comes to stand.
        digests: of the files that go into it; what is known there of a file is not hashed again.
    """

    def __init__(self, directory: Path, digests: Digests) -> None:
        self._scratch = directory / f".{secrets.token_hex(8)}.tmp"
        self._directory = directory
        self._digests = digests
        self._target: int | None = None
        self._copied: dict[tuple[int, Path], tuple[int, ...]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._target is not None:
            os.close(self._target)
            self._scratch.unlink(missing_ok=True)

    def copy_ahead(self, arrangement: Arrangement) -> None:
        """Copy large files to where they will probably stand, while it is being found out what their digests are."""
        for file in arrangement.files:
            if file.size >= LARGE:
                before = stamp_of(file.path)
                with suppress(OSError):  # what is amiss is found again, and told, when the archive is written
                    copy_unchecked(file.path, file.size, self._opened(), file.offset)
                    self._copied[file.offset, file.path] = before

    def write(self, path: Path, arrangement: Arrangement) -> None:
        """Write the archive, unless it is there.

        Raises:
            PackageError: it cannot be written (RM307), or a file is not what it was (RM308).
        """
        with writing(path, hint="name a directory that exists, is writable and has room"):
            if self._is_there(path, arrangement):
                self._make_newest(path, arrangement)
                return
            target = self._opened()
            for file in arrangement.files:
                self._copy(file, target)
            for offset, content in arrangement.pieces:
                _write(target, content, offset)
            os.ftruncate(target, arrangement.size)
            self._scratch.replace(path)
            self._note(path, arrangement)

    def _opened(self) -> int:
        if self._target is None:
            self._target = os.open(self._scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        return self._target

    def _copy(self, file: PlacedFile, target: int) -> None:
        if self._is_known(file):
            if self._copied.get((file.offset, file.path)) == stamp_of(file.path):
                return
            try:
                copy_unchecked(file.path, file.size, target, file.offset)
            except OSError as error:
                if error.errno not in _CANNOT:
                    raise
            else:
                if self._is_known(file):  # still: nothing has written to it meanwhile
                    return
        copy_checked(file.path, file.size, file.digest, target, file.offset)

    def _is_known(self, file: PlacedFile) -> bool:
        """Whether a file has the digest that it must have, as far as that can be told without reading it."""
        return file.digest == f"sha256:{self._digests.known(file.path)}"

    def _is_there(self, path: Path, arrangement: Arrangement) -> bool:
        if stamp_of(path)[:1] != (arrangement.size,):
            return False
        if _has_large(arrangement):
            return self._digests.notes.find(path, _NOTE) == arrangement.fingerprint()
        with path.open("rb") as stream:
            found = stream.fileno()
            return all(
                os.pread(found, len(content), offset) == content for offset, content in arrangement.pieces
            ) and all(
                f"sha256:{hashlib.sha256(os.pread(found, file.size, file.offset)).hexdigest()}" == file.digest
                for file in arrangement.files
            )

    def _make_newest(self, path: Path, arrangement: Arrangement) -> None:
        """Date the archive anew if another one beside it is newer: this is the last that was built."""
        others = (stamp_of(other)[1:2] for other in self._directory.glob(f"*{path.suffix}") if other != path)
        if any(time >= stamp_of(path)[1:2] for time in others):
            os.utime(path)
            self._note(path, arrangement)

    def _note(self, path: Path, arrangement: Arrangement) -> None:
        """Note what a large archive is, so that it need not be read to be known again."""
        if _has_large(arrangement) and (stamp := settled(path)):
            self._digests.notes.keep(path, _NOTE, stamp, arrangement.fingerprint())


def _has_large(arrangement: Arrangement) -> bool:
    return any(file.size >= LARGE for file in arrangement.files)


def _write(target: int, content: bytes, offset: int) -> None:
    rest_ = memoryview(content)
    while rest_:
        count = os.pwrite(target, rest_, offset)
        rest_, offset = rest_[count:], offset + count
