"""The bill of materials: valid, complete, and the same for equal sources."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from remotemedia.compiler import compile_file
from remotemedia.packager import build
from remotemedia.packager._origin import Origin
from remotemedia.packager._slsa import provenance_predicate
from tests.compiler.dependency_corpus import CORPUS, GENERATOR
from tests.packager.projects import ENVIRON, options

PROGRAMS = ["uv_locked/src/app/pipeline.py", "lazy/pipeline.py", "weights/pipeline.py", "vendored/pipeline.py"]


def sbom_of(program: Path, out: Path, environ: dict[str, str] = ENVIRON) -> tuple[bytes, dict[str, Any]]:
    out.mkdir()
    with GENERATOR.environment():
        package = build(compile_file(program), out, options(None, environ, "0.3.0"))
    with tarfile.open(package.path) as archive:
        stream = archive.extractfile("meta/sbom.cdx.json")
        assert stream is not None
        raw = stream.read()
    return raw, json.loads(raw)


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_what_the_schema_says(name: str, tmp_path: Path) -> None:
    raw, _ = sbom_of(CORPUS / name, tmp_path / "out")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(raw.decode()) is None


def test_components_have_their_facts(tmp_path: Path) -> None:
    _, sbom = sbom_of(CORPUS / PROGRAMS[0], tmp_path / "out")
    assert sbom["metadata"]["component"] == {
        "type": "application",
        "bom-ref": "pipeline",
        "name": "words",
        "version": "0.3.0",
    }
    locked, pure, helper = sbom["components"]
    assert locked["purl"] == "pkg:pypi/locked-only@3.1"
    assert locked["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert pure["licenses"] == [{"expression": "MIT"}]
    assert [it["value"] for it in pure["properties"]] == ["b" * 64, "c" * 64]
    assert {it["name"] for it in pure["components"]} >= {"pure_words/split.py", "pure_words/stops.txt"}
    assert helper["licenses"] == [{"license": {"name": "BSD License"}}]
    graph = {row["ref"]: row["dependsOn"] for row in sbom["dependencies"]}
    assert graph["pkg:pypi/pure-words@1.2.0"] == ["pkg:pypi/tiny-helper@1.0.0"]
    assert graph["pipeline"] == [it["bom-ref"] for it in sbom["components"]]


def test_models_are_components(tmp_path: Path) -> None:
    _, sbom = sbom_of(CORPUS / "weights" / "pipeline.py", tmp_path / "out")
    assert [(it["type"], it["name"]) for it in sbom["components"]] == [
        ("machine-learning-model", "models/split.onnx"),
        ("machine-learning-model", "models/split.onnx.data"),
    ]


def test_its_time_is_that_of_the_build(tmp_path: Path) -> None:
    program = CORPUS / "vendored" / "pipeline.py"
    raw, sbom = sbom_of(program, tmp_path / "one")
    again, _ = sbom_of(program, tmp_path / "two")
    assert raw == again
    assert sbom["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    assert "serialNumber" not in sbom


def test_the_signed_provenance_names_distributions() -> None:
    with GENERATOR.environment():
        program = compile_file(CORPUS / PROGRAMS[0])
    predicate = provenance_predicate(
        Origin("pipeline.py", {}, program.dependencies), parameters={}, builder="urn:x", tool_version="1"
    )
    assert predicate["buildDefinition"]["resolvedDependencies"] == [
        {"uri": "pkg:pypi/locked-only@3.1", "digest": {"sha256": "a" * 64}},
        {"uri": "pkg:pypi/pure-words@1.2.0"},
        {"uri": "pkg:pypi/tiny-helper@1.0.0"},
    ]
