"""Content that is named by its digest."""

from dataclasses import dataclass
from pathlib import Path

from remotemedia.registry import digest_of


@dataclass(frozen=True)
class Blob:
    """Bytes in memory, or a file whose digest is known already.

    Attributes:
        digest: `sha256:…`.
        size: in bytes.
        content: the bytes, or the file that holds them.
    """

    digest: str
    size: int
    content: bytes | Path

    @classmethod
    def of_bytes(cls, data: bytes) -> "Blob":
        """A blob in memory."""
        return cls(digest_of(data), len(data), data)

    @property
    def path(self) -> str:
        """Where an OCI image layout keeps it."""
        return f"blobs/{self.digest.replace(':', '/')}"


@dataclass(frozen=True)
class Layer:
    """One file of the package.

    Attributes:
        title: its path in the package.
        media_type: of its content.
        blob: its content.
    """

    title: str
    media_type: str
    blob: Blob
