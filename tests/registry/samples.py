"""Small packages to move about, in the shape of the format, made without the packager."""

import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remotemedia.registry import (
    BytesContent,
    Descriptor,
    LayoutDirectory,
    Manifest,
    digest_of,
    media_types,
    referrers_tag,
)
from remotemedia.trust import PROVENANCE_PREDICATE, SIGNATURE_PREDICATE, SigningKey, sign_statement

KEY = SigningKey.generate()
MODEL_SIZE = (2 << 20) + 7


@dataclass
class Package:
    """A package in memory: blobs by digest, the manifest, and the manifests that refer to it."""

    manifest: bytes
    blobs: dict[str, bytes]
    referrers: list[bytes] = field(default_factory=list)

    @property
    def digest(self) -> str:
        return digest_of(self.manifest)

    @property
    def descriptor(self) -> Descriptor:
        return Manifest.parse(self.manifest).descriptor

    @property
    def model(self) -> Descriptor:
        return Manifest.parse(self.manifest).layers[-1]

    def refer(self, bundle: bytes, predicate_type: str = SIGNATURE_PREDICATE) -> bytes:
        """Add a bundle as a referrer; gives its manifest."""
        empty = self._blob(media_types.EMPTY, media_types.EMPTY_BYTES)
        layer = self._blob(media_types.BUNDLE, bundle)
        annotations = {
            media_types.CREATED: "2024-01-01T00:00:00Z",
            media_types.BUNDLE_CONTENT: "dsse-envelope",
            media_types.BUNDLE_PREDICATE_TYPE: predicate_type,
        }
        subject = Descriptor.of(media_types.MANIFEST, self.manifest)
        raw = manifest_bytes(media_types.BUNDLE, empty, [layer], annotations, subject)
        self.referrers.append(raw)
        return raw

    def sign(self, key: SigningKey = KEY) -> bytes:
        """Add a signature; gives the manifest that refers to the package."""
        return self.refer(sign_statement(key, self.digest, SIGNATURE_PREDICATE, {}))

    def _blob(self, media_type: str, data: bytes) -> Descriptor:
        self.blobs[digest_of(data)] = data
        return Descriptor.of(media_type, data)

    def write(self, path: Path, tag: str | None = "1.0") -> LayoutDirectory:
        """Write it as a layout directory."""
        layout = LayoutDirectory(path)
        for data in self.blobs.values():
            layout.put_blob(Descriptor.of("application/octet-stream", data), BytesContent(data))
        for raw in self.referrers:
            layout.add_referrer(raw)
        layout.put_manifest(self.manifest, tag)
        return layout

    def pack(self, path: Path, tag: str = "1.0") -> Path:
        """Write it as a `.rmpkg`."""
        write_tar(path, self.members(tag))
        return path

    def members(self, tag: str = "1.0") -> list[tuple[str, bytes | str]]:
        """Give the entries of the tar: name and content, or name and what it is a hard link to."""
        listed = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": media_types.INDEX,
                "manifests": [Manifest.parse(raw).descriptor.to_json() for raw in self.referrers],
            }
        ).encode()
        artifact = Descriptor(
            media_types.MANIFEST,
            self.digest,
            len(self.manifest),
            media_types.PACKAGE,
            {media_types.REF_NAME: tag, media_types.KIND: media_types.KIND_IMAGE},
        )
        entries = [artifact.to_json()]
        blobs = [self.manifest, *self.referrers, *self.blobs.values()]
        if self.referrers:
            fallback = Descriptor.of(media_types.INDEX, listed).to_json()
            entries.append({**fallback, "annotations": {media_types.REF_NAME: referrers_tag(self.digest)}})
            blobs.append(listed)
        index = json.dumps({"schemaVersion": 2, "mediaType": media_types.INDEX, "manifests": entries}).encode()
        titles = {layer.digest: layer.title or "" for layer in Manifest.parse(self.manifest).layers}
        members: list[tuple[str, bytes | str]] = [
            ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'),
            ("index.json", index),
        ]
        for data in blobs:
            name = f"blobs/sha256/{digest_of(data).removeprefix('sha256:')}"
            members.append((name, data))
            if title := titles.get(digest_of(data)):
                members.append((title, name))
        return members


def make_package(
    version: str = "1.0", model_size: int = MODEL_SIZE, nodes: Sequence[Mapping[str, Any]] = ()
) -> Package:
    """Make an unsigned package: a manifest, a module, and a model that takes several chunks.

    `nodes` are rows of the pipeline's manifest, each with its runtime.
    """
    files = {
        "manifest.json": (media_types.PACKAGE_MANIFEST, json.dumps(pipeline_of(version, nodes)).encode()),
        "modules/speech.pynode": (media_types.PACKAGE_MODULE, b"module " + version.encode()),
        "models/vad.onnx": (
            media_types.PACKAGE_MODEL,
            (b"weights %06d " * (model_size // 8)).ljust(model_size)[:model_size],
        ),
    }
    config = json.dumps(configuration_of(version, nodes)).encode()
    layers = [
        Descriptor(media_type, digest_of(data), len(data), annotations={media_types.TITLE: title})
        for title, (media_type, data) in files.items()
    ]
    raw = manifest_bytes(media_types.PACKAGE, Descriptor.of(media_types.PACKAGE_CONFIG, config), layers, {})
    return Package(raw, {digest_of(data): data for data in (config, *(data for _, data in files.values()))})


def pipeline_of(version: str, nodes: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Give the pipeline's manifest of such a package."""
    metadata = {"name": "speech", "description": f"Version {version}."}
    return {"version": "v1", "metadata": metadata, "nodes": list(nodes), "connections": []}


def configuration_of(version: str, nodes: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Give the configuration that follows from it."""
    return {
        "schemaVersion": 1,
        "name": "speech",
        "version": version,
        "runtimes": sorted({node["runtime"] for node in nodes}),
        "grants": sorted({grant for node in nodes for grant in node.get("grants", ())}),
        "requires": [],
        "nodes": [{name: node[name] for name in ("id", "node_type", "runtime")} for node in nodes],
    }


def signed_package(version: str = "1.0") -> Package:
    """Make a package with a signature and a provenance statement."""
    package = make_package(version)
    package.sign()
    package.refer(sign_statement(KEY, package.digest, PROVENANCE_PREDICATE, {}), PROVENANCE_PREDICATE)
    return package


def manifest_bytes(
    artifact_type: str,
    config: Descriptor,
    layers: Iterable[Descriptor],
    annotations: dict[str, str],
    subject: Descriptor | None = None,
) -> bytes:
    """Write an OCI manifest."""
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.MANIFEST,
        "artifactType": artifact_type,
        "config": config.to_json(),
        "layers": [layer.to_json() for layer in layers],
    }
    if subject is not None:
        document["subject"] = subject.to_json()
    if annotations:
        document["annotations"] = annotations
    return json.dumps(document, separators=(",", ":")).encode()


def write_tar(path: Path, members: Iterable[tuple[str, bytes | str]]) -> None:
    """Write files (bytes) and hard links (text)."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.LNKTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
