"""Attempts of earlier builds, in a directory below the home directory.

`<key>.json` says what came of an attempt, `blobs/<sha256>` is a result that was packed. Results that lost are not
there: their figures are enough to know that they lose again. It is only a cache: what is damaged or cannot be written
is as good as not there.

# Lock

`.lock` is shared by who builds, whose package is copied from here, and had alone by who removes something; that is
left for another time if it cannot be had at once. It is the kernel's, so that a process that is killed leaves none.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from remotemedia.compiler import Digests, rest
from remotemedia.packager.optimize._methods import Method
from remotemedia.packager.optimize._outcome import Attempt, Trial
from remotemedia.packager.optimize._reasons import Reason

BLOBS: Final = "blobs"
LOCK: Final = ".lock"
SUFFIX: Final = ".json"

_LARGEST_RECORD: Final = 64 << 10  # bytes
_INPUTS: Final = (None, "seeded", "calibration")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

# Why these attempts ended may lie with the machine, and not with the model.
_PASSING: Final = frozenset({Reason.CRASHED, Reason.LIMIT})


class AttemptStore:
    """The attempts that are kept; a context, within which nothing that was found goes away.

    Args:
        directory: made where it is not there; None keeps nothing.
        digests: of files; a large one that is known there is not read again.

    Attributes:
        digests: as they were given.
        has_grown: whether something was kept that was not there before.
    """

    def __init__(self, directory: Path | None = None, digests: Digests | None = None) -> None:
        self.digests = digests or Digests()
        self.has_grown = False
        self._directory = directory
        self._lock: int | None = None

    def __enter__(self) -> Self:
        if self._directory is not None:
            self._lock = _shared_lock(self._directory)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def find(self, key: str) -> Trial | None:
        """Return what came of an attempt, with its result if that is here, and is what it was."""
        record = self._place(f"{key}{SUFFIX}")
        found = read_record(record) if record is not None else None
        if record is None or found is None:
            return None
        trial, sha256 = found
        with suppress(OSError):
            os.utime(record)  # those that were used longest ago go first
        return replace(trial, content=self._result(sha256) if sha256 is not None else None)

    def keep(self, key: str, trial: Trial, *, is_packed: bool) -> Trial:
        """Keep what came of an attempt, and its result if that is packed: it has another place then."""
        record = self._place(f"{key}{SUFFIX}")
        if record is None or trial.attempt.reason in _PASSING:
            return trial
        sha256 = None
        with suppress(OSError):
            if is_packed and trial.content is not None:
                sha256 = self.digests.of(trial.content)
                trial = replace(trial, content=self._take(trial.content, sha256))
            self._write(record, _fields(trial, sha256))
            self.has_grown = True
        return trial

    def _place(self, name: str) -> Path | None:
        return None if self._directory is None or self._lock is None else self._directory / name

    def _result(self, sha256: str) -> Path | None:
        """The result of that digest, unless it is not here, or has become something else."""
        path = self._place(f"{BLOBS}/{sha256}")
        try:
            return path if path is not None and self.digests.of(path) == sha256 else None
        except OSError:
            return None

    def _take(self, content: Path, sha256: str) -> Path:
        """Move a result here, unless it is here already."""
        target = self._result(sha256)
        if target is None:
            scratch = self._scratch()
            try:
                shutil.move(content, scratch)
            except OSError:  # there is no room, and the result is still where it was
                scratch.unlink(missing_ok=True)
                raise
            scratch.chmod(0o444)
            target = scratch.replace(scratch.with_name(sha256))
            self.digests.keep(target, rest(target), sha256)
        return target

    def _write(self, record: Path, fields: dict[str, Any]) -> None:
        scratch = self._scratch()
        scratch.write_text(json.dumps(fields))
        scratch.replace(record)

    def _scratch(self) -> Path:
        """A new name; what an interrupted build leaves there goes when room is made."""
        return (self._directory or Path()) / BLOBS / f".{secrets.token_hex(8)}"


def _shared_lock(directory: Path) -> int | None:
    """A descriptor that holds the lock of a directory, which is made; None where that cannot be."""
    try:
        (directory / BLOBS).mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
    except OSError:  # not every file system has locks
        os.close(lock)
        return None
    return lock


def read_record(path: Path) -> tuple[Trial, str | None] | None:
    """Return what came of an attempt, and the digest of its result if that was kept; None if that is not to be read."""
    try:
        if path.stat().st_size > _LARGEST_RECORD:
            return None
        return _trial(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None


def _trial(fields: Mapping[str, Any]) -> tuple[Trial, str | None]:
    reason, inputs, result = Reason(fields["reason"]), fields["inputs"], fields["result"]
    size, error, seconds = fields["size"], fields["error"], fields["seconds"]
    has_figures = size is not None and error is not None
    if (reason is Reason.CHOSEN and not has_figures) or inputs not in _INPUTS:
        raise ValueError("it is no attempt")
    if result is not None and not _SHA256.fullmatch(result):
        raise ValueError("it names no digest")
    attempt = Attempt(
        Method(fields["method"]),
        reason,
        size=None if size is None else int(size),
        error=None if error is None else float(error),
        seconds=None if seconds is None else (float(seconds[0]), float(seconds[1])),
        detail=str(fields["detail"]),
        measured=None if fields["measured"] is None else str(fields["measured"]),
        is_kept=True,
    )
    return Trial(attempt, inputs), result


def _fields(trial: Trial, sha256: str | None) -> dict[str, Any]:
    attempt = trial.attempt
    return {
        "method": attempt.method.value,
        "reason": attempt.reason.value,
        "size": attempt.size,
        "error": attempt.error,
        "seconds": attempt.seconds,
        "detail": attempt.detail,
        "measured": attempt.measured,
        "inputs": trial.inputs,
        "result": sha256,
    }
