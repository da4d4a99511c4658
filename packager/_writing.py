"""What is said where a package cannot be written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remotemedia.errors import PackageError


@contextmanager
def writing(path: Path, *, hint: str) -> Iterator[None]:
    """Let an `OSError` become a `PackageError` RM307 about a file; `hint` says what would help."""
    try:
        yield
    except OSError as error:
        raise PackageError(
            f"cannot write `{path}`: {error.strerror or error}", code="RM307", hint=hint, path=str(path)
        ) from error
