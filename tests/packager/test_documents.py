"""The documents in a package: OCI manifests and index, statements, configuration, `pynode.json`."""

import base64
import hashlib
import json
import tarfile
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from remotemedia.compiler import Import
from remotemedia.errors import UsageError
from remotemedia.packager import BuiltPackage, build, wanted_grants
from remotemedia.registry import PackageArchive
from remotemedia.schemas.package import PackageConfig, ProvenanceDocument, PynodeDocument, RuntimeDocument
from remotemedia.trust import Keyring, Mode, TrustedKey, verify
from tests.packager.projects import KEY, Project, options

CREATED = "2023-11-14T22:13:20Z"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
SBOM = "https://cyclonedx.org/bom"
PROVENANCE = "https://slsa.dev/provenance/v1"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project", models={"vad.onnx": b"weights"}, files={"speech.wav": b"RIFF"}).write()


class Tree:
    """The contents of a package by name."""

    def __init__(self, package: BuiltPackage) -> None:
        self._contents: dict[str, bytes] = {}
        with tarfile.open(package.path) as archive:
            for name in (entry.name for entry in archive if not entry.isdir()):
                stream = archive.extractfile(name)
                assert stream is not None
                self._contents[name] = stream.read()

    def read(self, name: str) -> bytes:
        return self._contents[name]

    def json(self, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.read(name))
        return document

    def blob(self, descriptor: dict[str, Any]) -> bytes:
        content = self.read(f"blobs/sha256/{descriptor['digest'].removeprefix('sha256:')}")
        assert len(content) == descriptor["size"]
        return content

    def names(self) -> set[str]:
        return set(self._contents)


def test_the_artifact_lists_every_file(project: Project, tmp_path: Path) -> None:
    package = project.build(tmp_path / "out")
    tree = Tree(package)
    raw = tree.read(f"blobs/sha256/{package.digest.removeprefix('sha256:')}")
    manifest = json.loads(raw)
    assert manifest["artifactType"] == "application/vnd.remotemedia.package.v1+json"
    assert manifest["annotations"] == {"org.opencontainers.image.created": CREATED}
    listed = [
        (layer["annotations"]["org.opencontainers.image.title"], layer["mediaType"]) for layer in manifest["layers"]
    ]
    prefix = "application/vnd.remotemedia.package"
    assert listed == [
        ("manifest.json", f"{prefix}.manifest.v1+json"),
        ("meta/provenance.json", f"{prefix}.meta.v1+json"),
        ("meta/runtime.json", f"{prefix}.meta.v1+json"),
        ("meta/sbom.cdx.json", f"{prefix}.meta.v1+json"),
        ("modules/speech.pynode", f"{prefix}.module.v1.raw"),
        ("modules/files/speech.wav", f"{prefix}.module.v1.raw"),
        ("models/vad.onnx", f"{prefix}.model.v1.raw"),
    ]
    for layer in manifest["layers"]:
        assert tree.blob(layer) == tree.read(layer["annotations"]["org.opencontainers.image.title"])


def test_the_index_has_the_artifact_and_its_referrers(project: Project, tmp_path: Path) -> None:
    package = project.build(tmp_path / "out", version="1.0")
    tree = Tree(package)
    assert tree.json("oci-layout") == {"imageLayoutVersion": "1.0.0"}
    artifact, fallback = tree.json("index.json")["manifests"]
    assert artifact["digest"] == package.digest
    assert artifact["annotations"] == {
        "org.opencontainers.image.ref.name": "1.0",
        "kind": "dev.cosignproject.cosign/image",
    }
    assert fallback["annotations"] == {"org.opencontainers.image.ref.name": package.digest.replace(":", "-")}
    referrers = json.loads(tree.blob(fallback))["manifests"]
    assert [entry["artifactType"] for entry in referrers] == [BUNDLE] * 3
    for entry, predicate, title in zip(
        referrers,
        (SIGNATURE, PROVENANCE, SBOM),
        ("meta/signature.sigstore.json", "meta/provenance.sigstore.json", "meta/sbom.sigstore.json"),
        strict=True,
    ):
        manifest = json.loads(tree.blob(entry))
        assert manifest["annotations"] == entry["annotations"]
        assert manifest["annotations"] == {
            "org.opencontainers.image.created": CREATED,
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": predicate,
        }
        assert manifest["subject"] == {"mediaType": MANIFEST, "digest": package.digest, "size": artifact["size"]}
        assert tree.blob(manifest["config"]) == b"{}"
        assert tree.blob(manifest["layers"][0]) == tree.read(title)


def test_an_unsigned_package_has_no_referrers(project: Project, tmp_path: Path) -> None:
    tree = Tree(project.build(tmp_path / "out", key=None))
    assert len(tree.json("index.json")["manifests"]) == 1
    assert not any("sigstore" in name for name in tree.names())


def test_the_signature_satisfies_the_verifier(project: Project, tmp_path: Path) -> None:
    package = project.build(tmp_path / "out")
    tree = Tree(package)
    bundles = [tree.read("meta/signature.sigstore.json"), tree.read("meta/provenance.sigstore.json")]
    keyring = Keyring([TrustedKey("builder", KEY.public)])
    assert verify(package.digest, bundles, keyring, Mode.PRODUCTION).status == "trusted"
    with PackageArchive(package.path) as archive:
        assert archive.resolve("0.0.0").digest == package.digest
        assert len(archive.referrers(package.digest)) == 3


def test_the_provenance_names_every_input(project: Project, tmp_path: Path) -> None:
    tree = Tree(project.build(tmp_path / "out", version="1.0"))
    envelope = tree.json("meta/provenance.sigstore.json")["dsseEnvelope"]
    statement = json.loads(base64.b64decode(envelope["payload"]))
    definition = statement["predicate"]["buildDefinition"]
    assert statement["predicateType"] == PROVENANCE
    assert definition["buildType"] == "urn:remotemedia:build:v1"
    assert definition["externalParameters"] == {"source": "pipeline.py", "pipeline": "speech", "version": "1.0"}
    assert definition["resolvedDependencies"] == [
        {"name": path, "digest": {"sha256": hashlib.sha256((project.root / path).read_bytes()).hexdigest()}}
        for path in ("pipeline.py", "speech.wav", "vad.onnx")
    ]
    builder = {"id": "urn:remotemedia:builder:local", "version": {"remotemedia": "1.2.3"}}
    assert statement["predicate"]["runDetails"] == {"builder": builder}


def test_the_manifest_says_nothing_of_the_time(project: Project, tmp_path: Path) -> None:
    raw = Tree(project.build(tmp_path / "out")).read("manifest.json")
    assert json.loads(raw)["metadata"] == {"name": "speech"}
    assert b"\n" not in raw
    assert b'": ' not in raw


def test_integers_and_floats_stay_apart(project: Project, tmp_path: Path) -> None:
    program = project.program()
    manifest = {
        **program.manifest,
        "requires": [],
        "nodes": [{**program.manifest["nodes"][0], "params": {"b": 1.0, "a": 1}}],
    }
    program = replace(program, manifest=manifest)
    package = build(program, tmp_path, options(None))
    assert b'"params":{"a":1,"b":1.0}' in Tree(package).read("manifest.json")


def test_the_configuration_follows_from_the_manifest(project: Project, tmp_path: Path) -> None:
    program = project.program()
    nodes = [{**node, "grants": ["net=example.org:443"]} for node in program.manifest["nodes"]]
    program = replace(program, manifest={**program.manifest, "nodes": nodes, "requires": ["example"]})
    package = build(program, tmp_path, options(None, version="2.0"))
    tree = Tree(package)
    manifest = json.loads(tree.read(f"blobs/sha256/{package.digest.removeprefix('sha256:')}"))
    assert manifest["config"]["mediaType"] == "application/vnd.remotemedia.package.config.v1+json"
    assert json.loads(tree.blob(manifest["config"])) == {
        "schemaVersion": 1,
        "name": "speech",
        "version": "2.0",
        "runtimes": ["native", "onnx", "python-wasm"],
        "grants": ["net=example.org:443"],
        "requires": ["example"],
        "nodes": [
            {"id": "Loud", "node_type": "Loud", "runtime": "python-wasm"},
            {"id": "OnnxNode_0", "node_type": "OnnxNode", "runtime": "onnx"},
            {"id": "AudioSource_0", "node_type": "AudioSource", "runtime": "native"},
        ],
    }
    assert package.runtimes == {"Loud": "python-wasm", "OnnxNode_0": "onnx", "AudioSource_0": "native"}
    assert tree.json("meta/runtime.json")["grants"] == ["net=example.org:443"]


def test_a_node_outside_the_sandbox_wants_a_grant() -> None:
    manifest = {"nodes": [{"id": "a", "grants": ["read=models", "net=b:1"]}, {"id": "b", "grants": ["net=b:1"]}]}
    assert wanted_grants(manifest, {"a": "native", "b": "python-wasm"}) == ["net=b:1", "read=models"]
    assert wanted_grants(manifest, {"a": "native", "b": "python"}) == ["net=b:1", "python", "read=models"]


def test_the_pynode_holds_whole_sources(tmp_path: Path) -> None:
    imports = (
        Import(name="json", optional=False, importers=("pipeline.py",)),
        Import(name="numpy", optional=False, importers=("words/tables.py",)),
        Import(name="torch", optional=True, importers=("pipeline.py",)),
    )
    sources = {"pipeline.py": b"import words.tables\n", "words/__init__.py": b"", "words/tables.py": "é = 1\n".encode()}
    project = Project(tmp_path / "project", sources=sources, imports=imports).write()
    raw = Tree(project.build(tmp_path / "out")).read("modules/speech.pynode")
    with zipfile.ZipFile(BytesIO(raw)) as archive:
        entries = archive.infolist()
        assert [entry.filename for entry in entries] == sorted([*sources, "pynode.json"])
        assert {(entry.compress_type, entry.date_time) for entry in entries} == {(0, (1980, 1, 1, 0, 0, 0))}
        assert {path: archive.read(path) for path in sources} == sources
        assert json.loads(archive.read("pynode.json")) == {
            "version": 1,
            "python": ">=3.11",
            "entries": ["pipeline:Loud"],
            "imports": ["json", "numpy", "torch"],
            "missing": ["numpy"],
        }


def test_sources_lose_their_byte_order_mark(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", sources={"pipeline.py": b"\xef\xbb\xbfx = 1\r\n"}).write()
    with zipfile.ZipFile(BytesIO(Tree(project.build(tmp_path / "out")).read("modules/speech.pynode"))) as archive:
        assert archive.read("pipeline.py") == b"x = 1\r\n"


def test_the_documents_are_what_their_schemas_say(project: Project, tmp_path: Path) -> None:
    package = project.build(tmp_path / "out")
    tree = Tree(package)
    manifest = json.loads(tree.read(f"blobs/sha256/{package.digest.removeprefix('sha256:')}"))
    PackageConfig.model_validate_json(tree.blob(manifest["config"]))
    RuntimeDocument.model_validate_json(tree.read("meta/runtime.json"))
    ProvenanceDocument.model_validate_json(tree.read("meta/provenance.json"))
    with zipfile.ZipFile(BytesIO(tree.read("modules/speech.pynode"))) as archive:
        PynodeDocument.model_validate_json(archive.read("pynode.json"))


def test_a_package_of_built_in_nodes_has_no_pynode(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", models={"vad.onnx": b"weights"}, entries=()).write()
    tree = Tree(project.build(tmp_path / "out"))
    assert not any(name.startswith("modules/") for name in tree.names())


@pytest.mark.parametrize("version", ["", ".1", "1.0+local", "ä", "1" * 129, "1.0\n"])
def test_a_version_must_be_a_tag(tmp_path: Path, version: str) -> None:
    with pytest.raises(UsageError) as caught:
        Project(tmp_path / "project").write().build(tmp_path / "out", version=version)
    assert caught.value.code == "RM701"
