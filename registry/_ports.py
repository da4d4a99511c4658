"""What can be copied from and to: the small interfaces that registries, layouts and archives share."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from remotemedia.errors import RemoteMediaError
from remotemedia.registry._descriptor import Descriptor
from remotemedia.registry._extent import Extent


class Source(Protocol):
    """Somewhere packages are."""

    def resolve(self, part: str | None) -> Descriptor:
        """Find an artifact by digest or tag; None asks for the only one. Raises RM402 if there is none."""
        ...

    def manifest(self, digest: str) -> bytes:
        """Give the raw bytes of a manifest, checked against its digest."""
        ...

    def open_blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """Give a blob in chunks; the iterator raises at its end if the bytes do not match the digest."""
        ...

    def read_blob(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """Give a blob in chunks from byte `start` on, unchecked: for those who check what they get, as targets do."""
        ...

    def refusal(self, digest: str, why: str) -> RemoteMediaError:
        """Make the error that says that what came from here does not match its digest: RM302 or RM405."""
        ...

    def referrers(self, digest: str, artifact_type: str | None = None) -> Sequence[Descriptor]:
        """List the manifests that refer to an artifact."""
        ...

    def tags(self) -> Sequence[str]:
        """List the tags that people gave."""
        ...


class Content(Protocol):
    """The bytes of one blob on their way, unchecked; they can be read again, and from the middle."""

    def read(self, start: int = 0) -> Iterator[bytes]:
        """Give the bytes from `start` on."""
        ...

    def pieces(self, start: int = 0) -> Iterator[bytes | Extent]:
        """Give the same, where it can be as parts of an open file: for those who send it on as it is."""
        ...

    def refusal(self, why: str) -> RemoteMediaError:
        """Make the error that says that the bytes are not those of the digest."""
        ...


class Target(Protocol):
    """Somewhere packages can be put. It checks every blob that it is given, by its digest."""

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Say whether the blob is there already."""
        ...

    def put_blob(self, descriptor: Descriptor, content: Content) -> None:
        """Store a blob, going on where an earlier attempt ended; raises `content.refusal` for other bytes."""
        ...

    def put_manifest(self, raw: bytes, tag: str | None = None) -> None:
        """Store a manifest, and let the tag point to it."""
        ...

    def add_referrer(self, raw: bytes) -> None:
        """Store a manifest with a `subject`, and list it among the subject's referrers."""
        ...

    def listed(self, digest: str) -> Container[str]:
        """Give the digests of the manifests that are listed as referring to an artifact, there or not."""
        ...


@runtime_checkable
class InFiles(Protocol):
    """A source whose blobs are, or are in, files of this machine."""

    def blob_extents(self, descriptor: Descriptor, start: int = 0) -> Iterator[Extent]:
        """Give what `read_blob` gives as parts of an open file, each good until the next one is asked for."""
        ...


@runtime_checkable
class Mounting(Protocol):
    """A repository that can take a blob from another one of its registry, without being sent it."""

    host: str
    repository: str

    def mount_blob(self, descriptor: Descriptor, repository: str) -> bool:
        """Take a blob from there; False if it has to be sent."""
        ...


@dataclass(frozen=True)
class ProgressEvent:
    """How far one blob is.

    `done` counts bytes that really moved. It starts where an earlier attempt ended, and goes back when bytes have to be
    sent again.
    """

    kind: Literal["start", "advance", "finish", "skip"]
    digest: str
    title: str | None
    done: int
    total: int


# Several blobs move at once; events come one after another, from any thread.
Progress = Callable[[ProgressEvent], None]
