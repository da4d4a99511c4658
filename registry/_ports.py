"""What can be copied from and to: the two small interfaces that registries, layouts and archives share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from remotemedia.registry._descriptor import Descriptor


class Source(Protocol):
    """Somewhere packages are. What it gives has been checked against its digest."""

    def resolve(self, part: str | None) -> Descriptor:
        """Find an artifact by digest or tag; None asks for the only one. Raises RM402 if there is none."""
        ...

    def manifest(self, digest: str) -> bytes:
        """Give the raw bytes of a manifest."""
        ...

    def open_blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """Give a blob in chunks; the iterator raises at its end if the bytes do not match the digest."""
        ...

    def referrers(self, digest: str, artifact_type: str | None = None) -> Sequence[Descriptor]:
        """List the manifests that refer to an artifact."""
        ...

    def tags(self) -> Sequence[str]:
        """List the tags that people gave."""
        ...


class Target(Protocol):
    """Somewhere packages can be put."""

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Say whether the blob is there already."""
        ...

    def put_blob(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """Store a blob; an iterable that can be iterated again lets it be sent again after a failure."""
        ...

    def put_manifest(self, raw: bytes, tag: str | None = None) -> None:
        """Store a manifest, and let the tag point to it."""
        ...

    def add_referrer(self, raw: bytes) -> None:
        """Store a manifest with a `subject`, and list it among the subject's referrers."""
        ...


@dataclass(frozen=True)
class ProgressEvent:
    """How far one blob is. `done` counts bytes that really moved, and starts again when they are sent again."""

    kind: Literal["start", "advance", "finish", "skip"]
    digest: str
    title: str | None
    done: int
    total: int


Progress = Callable[[ProgressEvent], None]
