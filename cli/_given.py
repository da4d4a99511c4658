"""Files that options name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from remotemedia.errors import UsageError

_MAX_BYTES: Final = 4 << 20


def read_given(path: Path, what: str) -> bytes:
    """Return the bytes of a file, of at most 4 MiB.

    Raises:
        UsageError: RM701, it cannot be read, or is larger; the message says what was expected in it.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"expected {what} in `{path}`, it cannot be read: {error.strerror or error}", code="RM701"
        ) from error
    if len(data) > _MAX_BYTES:
        raise UsageError(f"expected {what} in `{path}`, of at most {_MAX_BYTES} bytes", code="RM701")
    return data
