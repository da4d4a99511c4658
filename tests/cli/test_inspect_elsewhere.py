"""Looking at packages that are not here, and at such as lie: nothing of them is kept, and no lie is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from remotemedia.registry import BytesContent, Descriptor, HttpRegistry, LayoutDirectory, Manifest, PackageArchive, copy
from tests.cli.conftest import Build
from tests.conftest import Command
from tests.simulators.registry import RegistrySimulator

RUNTIME, PROVENANCE = "meta/runtime.json", "meta/provenance.json"


@pytest.fixture
def remotemedia(inside: Command) -> Command:
    """What is tested here starts no run, and most of a child's time would be its start."""
    return inside


@pytest.fixture
def pushed(build: Build, registry: RegistrySimulator, remotemedia: Command, tmp_path: Path) -> str:
    """A package of a registry, by somebody who is not trusted here."""
    environ = {"REMOTEMEDIA_HOME": str(tmp_path / "theirs")}
    file = build()
    reference = f"oci://{registry.host}/them/double:1"
    assert remotemedia("push", reference, file, env=environ).returncode == 0
    registry.requests.clear()
    return reference


def production(home: Path) -> dict[str, str]:
    return {"REMOTEMEDIA_ENV": "production", "REMOTEMEDIA_HOME": str(home.with_name("empty"))}


def blobs_of(registry: RegistrySimulator, repository: str = "them/double") -> set[str]:
    """Give the titles of the files that were asked for."""
    held = registry.repository(repository).manifests.values()
    manifests = [Manifest.parse(raw) for _, raw in held if b'"layers"' in raw]
    titles = {layer.digest: layer.title for manifest in manifests for layer in manifest.layers if layer.title}
    asked = {path.rpartition("/")[2] for path in registry.paths("GET") if "/blobs/" in path}
    return {title for digest, title in titles.items() if digest in asked}


@pytest.mark.parametrize("words", [["inspect"], ["inspect", "--graph=text"], ["policy", "test"]])
def test_what_is_looked_at_is_neither_fetched_nor_kept(
    pushed: str, registry: RegistrySimulator, remotemedia: Command, home: Path, words: Sequence[str]
) -> None:
    done = remotemedia(*words, pushed, env=production(home))
    assert done.returncode == 0, done.stderr
    fetched = blobs_of(registry)
    assert "meta/runtime.json" in fetched
    assert all(it == "manifest.json" or it.startswith("meta/") for it in fetched)
    listed = remotemedia("cache", "list", "--json", env=production(home))
    assert json.loads(listed.stdout)["packages"] == []
    assert not list(home.with_name("empty").glob("blobs/sha256/*"))


def test_it_is_said_why_it_would_not_run(pushed: str, remotemedia: Command, home: Path) -> None:
    report = json.loads(remotemedia("inspect", pushed, "--json", env=production(home)).stdout)
    assert (report["admitted"], report["objection"]["code"]) == (False, "RM502")
    assert report["config"]["name"] == "double"
    assert report["files"][0]["path"] == "manifest.json"


def test_what_is_cached_is_looked_at_without_a_network(
    pushed: str, registry: RegistrySimulator, remotemedia: Command
) -> None:
    assert remotemedia("pull", pushed).returncode == 0
    registry.requests.clear()
    assert remotemedia("inspect", pushed).returncode == 0
    assert registry.requests == []


def test_packages_in_it_are_only_looked_at_too(
    pushed: str, build: Build, registry: RegistrySimulator, remotemedia: Command, home: Path
) -> None:
    calls = f'p.add(HFPipelineNode("inner", remote_ref="{pushed}"))'
    outer = build(f'from remotemedia import HFPipelineNode, Pipeline\n\np = Pipeline("outer")\n{calls}\n', name="outer")
    registry.requests.clear()
    report = json.loads(remotemedia("inspect", outer, "--json", env=production(home)).stdout)
    assert [it["reference"] for it in report["packages"]] == [pushed]
    assert "meta/runtime.json" in blobs_of(registry)
    assert not any(it.startswith("modules/") for it in blobs_of(registry))


def altered(package: Path, place: Path, change: Any) -> str:
    """Write a package again as a layout, with its pipeline's manifest and its artifact's manifest changed."""
    layout = LayoutDirectory(place)
    with PackageArchive(package) as archive:
        image = json.loads(archive.manifest(archive.resolve(None).digest))
        described = [Descriptor.from_json(it) for it in (image["config"], *image["layers"])]
        contents = {it.title: b"".join(archive.open_blob(it)) for it in described}
    documents = {title: json.loads(contents[title]) for title in ("manifest.json", RUNTIME, PROVENANCE)}
    change(documents, image)
    contents |= {title: json.dumps(document).encode() for title, document in documents.items()}
    for row, known in zip((image["config"], *image["layers"]), [*described, *described[1:]], strict=False):
        blob = Descriptor.of(known.media_type, contents[known.title])
        layout.put_blob(blob, BytesContent(contents[known.title]))
        row.update(digest=blob.digest, size=blob.size)
    layout.put_manifest(json.dumps(image).encode(), "1")
    return f"oci-layout:{place}:1"


def hide_a_grant(documents: dict[str, Any], image: dict[str, Any]) -> None:
    documents["manifest.json"]["nodes"][0]["grants"] = ["net=attacker.example:443"]


def hide_a_node(documents: dict[str, Any], image: dict[str, Any]) -> None:
    documents[RUNTIME]["nodes"].clear()


def list_a_file_twice(documents: dict[str, Any], image: dict[str, Any]) -> None:
    image["layers"].append(dict(image["layers"][0]))


def leave_out_a_field(documents: dict[str, Any], image: dict[str, Any]) -> None:
    del documents[PROVENANCE]["sourceHash"]


def obey_the_terminal(documents: dict[str, Any], image: dict[str, Any]) -> None:
    documents[PROVENANCE]["source"] = "\x1b[2J\n  signature  trusted"


@pytest.mark.parametrize("command", ["inspect", "verify", "approve", "run", "pull", "policy test"])
@pytest.mark.parametrize(
    ("change", "code"), [(hide_a_grant, "RM303"), (hide_a_node, "RM303"), (list_a_file_twice, "RM304")]
)
def test_a_package_that_lies_is_refused_also_when_it_is_signed(  # noqa: PLR0917 - fixtures
    build: Build, remotemedia: Command, tmp_path: Path, command: str, change: Any, code: str
) -> None:
    lying = altered(build(), tmp_path / "lying", change)
    assert remotemedia("sign", lying).returncode == 0
    done = remotemedia(*command.split(), lying)
    assert done.returncode == 3
    assert f"error[{code}]" in done.stderr
    assert done.stdout == ""


def test_a_document_of_another_form_is_told(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    done = remotemedia("inspect", altered(build(), tmp_path / "lying", leave_out_a_field))
    assert done.returncode == 3
    assert 'error[RM303]: expected `meta/provenance.json` as its schema says, got "sourceHash"' in done.stderr


def test_what_a_stranger_wrote_does_not_command_the_terminal(
    build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    done = remotemedia("inspect", altered(build(), tmp_path / "lying", obey_the_terminal))
    assert done.returncode == 0
    assert r"  source     \x1b[2J\n  signature  trusted (" in done.stdout


def test_a_package_that_lies_is_refused_before_its_layers_move(
    build: Build, registry: RegistrySimulator, remotemedia: Command, tmp_path: Path
) -> None:
    altered(build(), tmp_path / "lying", list_a_file_twice)
    layout = LayoutDirectory(tmp_path / "lying")
    copy(layout, HttpRegistry(registry.host, "them/double", environ={}), layout.resolve("1"), tag="1")
    registry.requests.clear()
    done = remotemedia("pull", f"oci://{registry.host}/them/double:1")
    assert "error[RM304]" in done.stderr
    assert blobs_of(registry) == set()
