"""The user's home directory for keys, trust and packages."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from remotemedia.errors import UsageError


def home_directory(environ: Mapping[str, str]) -> Path:
    """What `REMOTEMEDIA_HOME` names, else `~/.remotemedia`; made for its owner alone if it is not there.

    Who may write there decides whom the user trusts, whatever the files below are protected by.

    Raises:
        UsageError: RM702, neither that variable nor a user's directory is known, or it is not a directory.
    """
    named = environ.get("REMOTEMEDIA_HOME")
    try:
        home = Path(named).absolute() if named else Path.home() / ".remotemedia"
    except RuntimeError as exc:
        raise UsageError(
            "expected a home directory, found none", code="RM702", hint="name one with `REMOTEMEDIA_HOME`"
        ) from exc
    if home.exists() and not home.is_dir():
        raise UsageError(f"expected `{home}` to be a directory", code="RM702", hint="correct `REMOTEMEDIA_HOME`")
    with suppress(OSError):  # where nothing can be made, nothing can be kept; who wants to keep something says so
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home
