"""What a package says must be one thing; the verdict is the engine's, which reads it here."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from remotemedia.errors import RemoteMediaError
from remotemedia.registry import Manifest, digest_of, media_types
from remotemedia.runtime._verdict import check_configuration, check_layers
from remotemedia.schemas.manifest import RuntimeKind

STATED: dict[str, Any] = {
    "version": "v1",
    "metadata": {"name": "sample"},
    "nodes": [
        {"id": "onnx", "node_type": "OnnxNode", "params": {"model": {"$file": "vad.onnx"}}},
        {"id": "own", "node_type": "Own", "entry": "pipeline:Own", "grants": ["read=data"], "params": {}},
    ],
    "connections": [{"from": "onnx", "to": "own"}],
}
CONFIG: dict[str, Any] = {
    "schemaVersion": 1,
    "name": "sample",
    "version": "0.0.0",
    "runtimes": ["onnx", "python-wasm"],
    "grants": ["read=data"],
    "requires": [],
    "nodes": [
        {"id": "onnx", "node_type": "OnnxNode", "runtime": "onnx"},
        {"id": "own", "node_type": "Own", "runtime": "python-wasm"},
    ],
}
Alteration = Callable[[dict[str, Any]], object]


def refused(config: Alteration = dict, stated: Alteration = dict) -> str | None:
    """Give the code by which a configuration is refused."""
    altered, manifest = copy.deepcopy(CONFIG), copy.deepcopy(STATED)
    config(altered)
    stated(manifest)
    try:
        check_configuration(altered, manifest)
    except RemoteMediaError as error:
        return error.code
    return None


def test_what_follows_from_the_manifest_is_taken() -> None:
    assert refused() is None
    assert refused(lambda it: it.update(grants=["python", "read=data"])) is None  # it may show more
    assert refused(lambda it: it["runtimes"].reverse()) is None


@pytest.mark.parametrize(
    "alter",
    [
        lambda it: it.update(name="other"),
        lambda it: it.update(requires=["teleport"]),
        lambda it: it.update(grants=[]),
        lambda it: it.update(runtimes=["onnx"]),
        lambda it: it.update(runtimes=["onnx", "python-wasm", "native"]),
        lambda it: it["nodes"][1].update(id="other"),
        lambda it: it["nodes"][1].update(node_type="Other"),
        lambda it: it["nodes"].reverse(),
        lambda it: it["nodes"].pop(),
    ],
)
def test_a_configuration_follows_from_the_manifest(alter: Alteration) -> None:
    assert refused(alter) == "RM303"


def test_a_runtime_that_the_author_asked_for_is_the_one_that_is_shown() -> None:
    assert refused(stated=lambda it: it["nodes"][1].update(runtime="python")) == "RM303"
    assert refused(stated=lambda it: it["nodes"][1].update(runtime="python-wasm")) is None


def test_what_a_runtime_wants_is_not_hidden_either() -> None:
    def outside(config: dict[str, Any]) -> None:
        config["nodes"][1]["runtime"], config["runtimes"] = "python", ["onnx", "python"]

    def shown(config: dict[str, Any]) -> None:
        outside(config)
        config["grants"] = ["python", "read=data"]

    assert refused(outside) == "RM303"
    assert refused(shown) is None


def test_every_runtime_is_known() -> None:
    for kind in RuntimeKind:
        config = {**CONFIG, "runtimes": [kind], "grants": [*CONFIG["grants"], kind]}
        config["nodes"] = [{**node, "runtime": kind.value} for node in CONFIG["nodes"]]
        check_configuration(config, STATED)


@pytest.mark.parametrize(
    "alter",
    [
        lambda it: it.update(schemaVersion=2),
        lambda it: it.update(schemaVersion=True),
        lambda it: it.update(extra=1),
        lambda it: it.pop("requires"),
        lambda it: it.update(version=1),
        lambda it: it.update(grants="read=data"),
        lambda it: it.update(runtimes=[["onnx"]]),
        lambda it: it["nodes"][0].update(runtime="gpu"),
        lambda it: it["nodes"][0].update(runtime=["onnx"]),
        lambda it: it["nodes"][0].update(extra=""),
        lambda it: it.update(nodes={}),
        lambda it: it.clear(),
    ],
)
def test_malformed_configurations_are_refused(alter: Alteration) -> None:
    assert refused(alter) == "RM301"


@pytest.mark.parametrize(
    "alter",
    [
        lambda it: it.pop("nodes"),
        lambda it: it.update(nodes=["own"]),
        lambda it: it["nodes"][1].update(grants="read=data"),
        lambda it: it["nodes"][1].update(grants=None),
        lambda it: it["nodes"][1].update(grants=[{}]),
    ],
)
def test_a_manifest_that_is_none_is_refused_as_the_engine_does(alter: Alteration) -> None:
    code = refused(stated=alter)
    assert code is not None
    assert code.startswith("RM2")


def layers(*files: tuple[str | None, str], content: bytes = b"x", **altered: object) -> str | None:
    """Give the code by which an artifact with these files, beside `manifest.json`, is refused."""
    rows: list[dict[str, Any]] = []
    for title, media_type in (("manifest.json", media_types.PACKAGE_MANIFEST), *files):
        annotations = {} if title is None else {media_types.TITLE: title}
        row = {"mediaType": media_type, "digest": digest_of(content), "size": 1, "annotations": annotations}
        rows.append(row)
    image = {
        "schemaVersion": 2,
        "mediaType": media_types.MANIFEST,
        "artifactType": media_types.PACKAGE,
        "config": {"mediaType": media_types.PACKAGE_CONFIG, "digest": digest_of(b""), "size": 0},
        "layers": rows,
        **altered,
    }
    try:
        check_layers(Manifest.parse(json.dumps(image).encode()))
    except RemoteMediaError as error:
        return error.code
    return None


def test_files_of_a_package_are_taken() -> None:
    files = [
        ("modules/sample.pynode", media_types.PACKAGE_MODULE),
        ("modules/files/data/wörter.txt", media_types.PACKAGE_MODULE),
        ("meta/runtime.json", media_types.PACKAGE_META),
        ("models/vad.onnx", media_types.PACKAGE_MODEL),
        ("wheels/six-1.17.0-py3-none-any.whl", media_types.PACKAGE_WHEEL),
        (f"data/{digest_of(b'x').removeprefix('sha256:')}.npy", media_types.PACKAGE_DATA),
    ]
    assert layers(*files) is None


@pytest.mark.parametrize(
    "title",
    [
        "models/../../x",
        "/etc/passwd",
        "models//x",
        "models/a\\b",
        "models/",
        "models/\0",
        "models/\x85",
        "models/" + "é" * 512,
        "manifest.json",
    ],
)
def test_paths_of_layers_are_safe_and_unique(title: str) -> None:
    kind = media_types.PACKAGE_MANIFEST if title == "manifest.json" else media_types.PACKAGE_MODEL
    assert layers((title, kind)) == "RM304"


@pytest.mark.parametrize(
    ("title", "media_type"),
    [
        (None, media_types.PACKAGE_MODEL),
        ("README.md", media_types.PACKAGE_MODEL),
        ("models", media_types.PACKAGE_MODEL),
        ("models/a.onnx", "application/octet-stream"),
        ("models/a.onnx", media_types.PACKAGE_META),
        ("wheels/a/b.whl", media_types.PACKAGE_WHEEL),
        ("data/taps.npy", media_types.PACKAGE_DATA),
    ],
)
def test_other_files_are_none_of_a_package(title: str | None, media_type: str) -> None:
    assert layers((title, media_type)) == "RM301"


def test_arrays_are_named_by_their_digest() -> None:
    assert layers((f"data/{'0' * 64}.npy", media_types.PACKAGE_DATA)) == "RM303"


def test_another_configuration_makes_another_artifact() -> None:
    config = {"mediaType": media_types.EMPTY, "digest": digest_of(b"{}"), "size": 2}
    assert layers(config=config) == "RM301"
