"""What a package says of where its nodes run: people decide by it, so it must be what the engine goes by."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import PackageError, RemoteMediaError
from remotemedia.registry import Descriptor, Manifest, digest_of, media_types
from remotemedia.runtime._placements import KINDS, check_placements
from remotemedia.runtime.network import Network
from remotemedia.runtime.resolve import Resolver
from remotemedia.schemas.manifest import RuntimeKind
from tests.registry.samples import Package, configuration_of, make_package, manifest_bytes, pipeline_of

NODES: list[dict[str, Any]] = [
    {"id": "gain", "node_type": "AudioGainNode", "runtime": "native", "params": {}},
    {
        "id": "own",
        "node_type": "Own",
        "entry": "pipeline:Own",
        "runtime": "python",
        "params": {},
        "grants": ["net=example.org:443"],
    },
]
ROWS: list[dict[str, Any]] = [
    {"id": "gain", "node_type": "AudioGainNode", "runtime": "native", "why": "built in", "others": ["python"],
     "needs": [], "lacks": [], "grants": []},
    {"id": "own", "node_type": "Own", "runtime": "python", "why": "it asks", "others": [], "needs": ["numpy 2.0"],
     "lacks": ["numpy is native code"], "grants": ["net=example.org:443", "python"],
     "modules": [{"kind": "program", "file": "a.bin", "platform": "linux/amd64"}]},
]  # fmt: skip
Alteration = Callable[[list[dict[str, Any]]], object]


def refused(rows: object) -> str | None:
    """Give the code by which a document with these rows is refused."""
    config = {**configuration_of("1", NODES), "grants": ["net=example.org:443", "python"]}
    try:
        check_placements({"nodes": rows}, config, pipeline_of("1", NODES))
    except PackageError as error:
        return error.code
    return None


def altered(alter: Alteration) -> list[dict[str, Any]]:
    rows = copy.deepcopy(ROWS)
    alter(rows)
    return rows


def resolved(path: Path, package: Package) -> str | None:
    """Give the code by which a package is refused where it is found."""
    environ = {"REMOTEMEDIA_HOME": str(path), "REMOTEMEDIA_ENV": "development"}
    try:
        Resolver(environ, Network(offline=True)).resolve(str(package.pack(path / "sample.rmpkg")))
    except RemoteMediaError as error:
        return error.code
    return None


def with_files(package: Package, **files: object) -> Package:
    """Give the same package with other documents: `config`, `manifest`, `runtime`."""
    manifest, blobs = Manifest.parse(package.manifest), dict(package.blobs)

    def put(media_type: str, document: object, title: str | None = None) -> Descriptor:
        data = json.dumps(document).encode()
        blobs[digest_of(data)] = data
        annotations = {media_types.TITLE: title} if title else {}
        return replace(Descriptor.of(media_type, data), annotations=annotations)

    config, layers = manifest.config, list(manifest.layers)
    if "config" in files:
        config = put(config.media_type, files["config"])
    if "manifest" in files:
        layers[0] = put(layers[0].media_type, files["manifest"], "manifest.json")
    if "runtime" in files:
        layers.append(put(media_types.PACKAGE_META, files["runtime"], "meta/runtime.json"))
    return Package(manifest_bytes(media_types.PACKAGE, config, layers, {}), blobs)


def test_what_the_packager_writes_is_taken() -> None:
    assert refused(ROWS) is None
    assert set(KINDS) == {str(kind) for kind in RuntimeKind}


@pytest.mark.parametrize(
    "alter",
    [
        lambda it: it.pop(),
        lambda it: it.reverse(),
        lambda it: it.append({**it[1], "id": "zz"}),
        lambda it: it[1].update(id="gain"),
        lambda it: it[1].update(node_type="AudioGainNode"),
        lambda it: it[1].update(runtime="python-wasm"),
        lambda it: it[1].update(grants=["python"]),
        lambda it: it[1].update(grants=["net=example.org:443"]),
    ],
)
def test_its_rows_are_the_nodes_that_run_and_hide_nothing(alter: Alteration) -> None:
    assert refused(altered(alter)) == "RM303"


@pytest.mark.parametrize(
    "alter",
    [
        lambda it: it[0].update(runtime=["native"]),
        lambda it: it[0].update(why="\x1b[2J"),
        lambda it: it[0].pop("why"),
        lambda it: it[0].pop("needs"),
        lambda it: it[0].update(lacks=[1]),
        lambda it: it[0].update(others="python"),
        lambda it: it[0].update(others=["jvm"]),
        lambda it: it[1].update(modules=None),
        lambda it: it[1].update(modules=["a.bin"]),
        lambda it: it[1]["modules"][0].pop("file"),
        lambda it: it[1]["modules"][0].update(platform="\x1b[2J"),
    ],
)
def test_what_a_stranger_wrote_is_judged_before_it_is_shown(alter: Alteration) -> None:
    assert refused(altered(alter)) == "RM303"


@pytest.mark.parametrize("rows", [None, {}, [1, 2], [{}, {}]])
def test_a_document_without_rows_is_refused(rows: object) -> None:
    assert refused(rows) == "RM303"


def test_a_node_is_hidden_from_nobody_who_asks_for_the_package(tmp_path: Path) -> None:
    nodes = [NODES[0], {**NODES[1], "runtime": "python-wasm"}]
    own = {**ROWS[1], "runtime": "python-wasm", "grants": ["net=example.org:443"]}
    package = make_package(model_size=8, nodes=nodes)
    assert resolved(tmp_path, with_files(package, runtime={"nodes": [ROWS[0], own]})) is None
    assert resolved(tmp_path, with_files(package, runtime={"nodes": [ROWS[0]]})) == "RM303"


@pytest.mark.parametrize("params", [[], None, "x"])
def test_the_engine_refuses_a_manifest_before_anything_reads_it(tmp_path: Path, params: object) -> None:
    nodes = [{**NODES[0], "params": params}]
    package = make_package(model_size=8, nodes=NODES[:1])
    stated = with_files(package, manifest=pipeline_of("1.0", nodes), runtime={"nodes": ROWS[:1]})
    assert resolved(tmp_path, stated) == "RM205"


@pytest.mark.parametrize("name", ["-voice-" * 100_000, "", "\x1b[2J", 7, None])
def test_a_name_that_none_can_have_is_tried_on_no_pattern(tmp_path: Path, name: object) -> None:
    """It is a stranger's, and read before a signature is judged."""
    (tmp_path / "policy.toml").write_text('version = 1\n[[rule]]\npackage = "*-voice-*-*"\n')
    (tmp_path / "policy.toml").chmod(0o600)
    package = make_package(model_size=8)
    config = {**configuration_of("1.0"), "name": name}
    assert resolved(tmp_path, with_files(package, config=config)) == "RM303"
