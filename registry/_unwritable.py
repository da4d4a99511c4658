"""What is said of a file that cannot be written."""

from pathlib import Path

from remotemedia.errors import RegistryError


def cannot_write(path: Path, exc: OSError) -> RegistryError:
    """Say that a file could not be written, in the terms of the cache and of layouts: RM408."""
    return RegistryError(
        f"`{path}` cannot be written: {exc.strerror}",
        code="RM408",
        hint="there must be room on the disk, and the directory must be writable",
        path=str(path),
    )
