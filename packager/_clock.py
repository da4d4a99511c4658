"""The time a package says it was built at, which is a property of its sources and not of the build.

See https://reproducible-builds.org/specs/source-date-epoch/ for the variable.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from remotemedia.errors import UsageError
from remotemedia.packager._inputs import newest

# A repository whose configuration says that objects lie elsewhere has git fetch those that are missing, by a command
# which that configuration names too.
_NO_FETCH = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
_SECONDS = 20
_LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z: what RFC 3339 can say


def build_time(root: Path, source: Path, inputs: Iterable[Path], environ: Mapping[str, str]) -> int:
    """Seconds since 1970: `SOURCE_DATE_EPOCH`, else the time of the commit, else the newest input's.

    Raises:
        UsageError: `SOURCE_DATE_EPOCH` is not a time (RM701).
        PackageError: an input is missing (RM308).
    """
    if (epoch := environ.get("SOURCE_DATE_EPOCH")) is not None:
        return _parse_epoch(epoch)
    committed = _commit_time(root, source, environ)
    return min(max(newest(inputs) if committed is None else committed, 0), _LATEST)


def rfc3339(seconds: int) -> str:
    """The time in UTC as RFC 3339 writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parse_epoch(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LATEST)) and int(text) <= _LATEST):
        raise UsageError(
            f"expected `SOURCE_DATE_EPOCH` to be seconds since 1970 in decimal digits, got `{text[:40]}`",
            code="RM701",
            hint="unset it, or set it to what `date +%s` prints",
        )
    return int(text)


def _commit_time(root: Path, source: Path, environ: Mapping[str, str]) -> int | None:
    """When the checked-out commit was made, if git knows the pipeline's file; None without git."""
    git = shutil.which("git", path=environ.get("PATH", os.defpath))
    if git is None or _git(git, root, environ, "ls-files", "--error-unmatch", "--", str(source)) is None:
        return None
    stamp = _git(git, root, environ, "log", "-1", "--format=%ct")
    return int(stamp) if stamp else None


def _git(git: str, root: Path, environ: Mapping[str, str], *arguments: str) -> str | None:
    """What git says, or None where it fails; nothing that a repository's configuration names is run."""
    command = [git, "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", *arguments]
    # A GIT_DIR inherited from a hook would name another repository than the project's.
    inherited = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, cwd=root, env=inherited | _NO_FETCH, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
