"""Descriptors and manifests (OCI image-spec 1.1); the raw bytes of a manifest are kept, they are its identity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from remotemedia.errors import PackageError
from remotemedia.registry import media_types
from remotemedia.registry._digest import digest_of, hex_of
from remotemedia.trust import strict_json

MAX_MANIFEST_BYTES = 4 << 20


@dataclass(frozen=True)
class Descriptor:
    """What some content is, by digest: media type, digest (`sha256:…`) and size in bytes."""

    media_type: str
    digest: str
    size: int
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        hex_of(self.digest)
        if self.size < 0:
            raise ValueError(f"expected a size of 0 or more, got {self.size}")

    @classmethod
    def of(cls, media_type: str, data: bytes) -> Self:
        """Describe the bytes at hand."""
        return cls(media_type, digest_of(data), len(data))

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read one; fields this program does not use are ignored; `ValueError` says what is wrong."""
        if not isinstance(value, dict):
            raise ValueError(f"expected a descriptor, got {strict_json.shown(value)}")  # noqa: TRY004 - one error type
        size = value.get("size")
        if not isinstance(size, int) or isinstance(size, bool):
            raise ValueError(f"expected `size` to be a number, got {strict_json.shown(size)}")  # noqa: TRY004 - the same
        return cls(
            _text(value, "mediaType"),
            _text(value, "digest"),
            size,
            _text(value, "artifactType") if "artifactType" in value else None,
            _annotations(value),
        )

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form, without the fields that are empty."""
        document: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.artifact_type is not None:
            document["artifactType"] = self.artifact_type
        if self.annotations:
            document["annotations"] = dict(self.annotations)
        return document

    @property
    def title(self) -> str | None:
        """The path of the file that this content is, if it is one."""
        return self.annotations.get(media_types.TITLE)


@dataclass(frozen=True)
class Manifest:
    """An OCI image manifest.

    Attributes:
        raw: the bytes as they came.
        artifact_type: `artifactType`, else the media type of the configuration, as the referrers API has it.
    """

    raw: bytes = field(repr=False)
    artifact_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    subject: Descriptor | None
    annotations: Mapping[str, str] = field(hash=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a manifest; raises `PackageError` RM301."""
        try:
            return cls._from_json(raw, strict_json.loads_object(raw, max_bytes=MAX_MANIFEST_BYTES))
        except ValueError as exc:
            raise PackageError(f"expected an OCI image manifest: {exc}", code="RM301") from exc

    @classmethod
    def _from_json(cls, raw: bytes, document: dict[str, Any]) -> Self:
        media_type = document.get("mediaType", media_types.MANIFEST)
        if document.get("schemaVersion") != 2 or media_type != media_types.MANIFEST:  # noqa: PLR2004 - fixed by the spec
            raise ValueError(f"the media type is {strict_json.shown(media_type)}")
        layers = document.get("layers")
        if not isinstance(layers, list):
            raise ValueError("expected `layers` to be a list")  # noqa: TRY004 - one error type
        config = Descriptor.from_json(document.get("config"))
        return cls(
            raw,
            _text(document, "artifactType") if "artifactType" in document else config.media_type,
            config,
            tuple(Descriptor.from_json(layer) for layer in layers),
            Descriptor.from_json(document["subject"]) if "subject" in document else None,
            _annotations(document),
        )

    @property
    def descriptor(self) -> Descriptor:
        """This manifest as an index or a referrers list names it."""
        return Descriptor(
            media_types.MANIFEST, digest_of(self.raw), len(self.raw), self.artifact_type, dict(self.annotations)
        )

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Configuration and layers, each digest once, in the order they are moved."""
        by_digest: dict[str, Descriptor] = {}
        for descriptor in (self.config, *self.layers):
            by_digest.setdefault(descriptor.digest, descriptor)
        return tuple(by_digest.values())


def parse_index(raw: bytes) -> list[dict[str, Any]]:
    """Give the entries of an image index as they stand there; `ValueError` if it is none."""
    document = strict_json.loads_object(raw, max_bytes=MAX_MANIFEST_BYTES)
    media_type = document.get("mediaType", media_types.INDEX)
    if media_type != media_types.INDEX:
        raise ValueError(f"expected an OCI image index, got the media type {strict_json.shown(media_type)}")
    entries = document.get("manifests", "nothing")
    if entries is None:  # as a Go program may write an empty list; olareg 0.1.2 does, of what nothing refers to
        return []
    if not isinstance(entries, list):
        raise ValueError(f"expected `manifests` to be a list, got {strict_json.shown(entries)}")  # noqa: TRY004 - one error type
    for entry in entries:
        Descriptor.from_json(entry)
    return entries


def index_bytes(entries: list[dict[str, Any]]) -> bytes:
    """Write an image index."""
    return strict_json.dumps({"schemaVersion": 2, "mediaType": media_types.INDEX, "manifests": entries})


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise ValueError(f"expected `{name}` to be a text, got {strict_json.shown(value)}")  # noqa: TRY004 - one error type
    return value


def _annotations(document: Mapping[str, Any]) -> dict[str, str]:
    value = document.get("annotations") or {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("expected `annotations` to be a map of texts")
    return value
