"""Pushing to and pulling from a registry over HTTP, with and without its referrers API."""

import json
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError
from remotemedia.registry import (
    HttpRegistry,
    LayoutDirectory,
    Manifest,
    ProgressEvent,
    copy,
    media_types,
    referrers_tag,
)
from tests.registry.samples import Package, make_package, signed_package
from tests.registry.transfers import NAME, client, pull, push, refusal
from tests.simulators.registry import RegistrySimulator


def test_scenario_push_package_to_registry(
    registry_simulator: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    push(package, client(registry_simulator), tmp_path, "1.0")
    repository = registry_simulator.repository(NAME)
    assert repository.tags == {"1.0": package.digest}
    assert repository.manifests[package.digest][1] == package.manifest
    assert {digest: repository.blobs[digest] for digest in package.blobs} == package.blobs
    assert len(client(registry_simulator).referrers(package.digest)) == 2


def test_what_was_pushed_is_pulled(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    layout = pull(client(held), tmp_path / "layout")
    assert layout.manifest(package.digest) == package.manifest
    assert len(layout.referrers(package.digest)) == 2
    for blob in Manifest.parse(package.manifest).blobs:
        assert b"".join(layout.open_blob(blob)) == package.blobs[blob.digest]


def test_scenario_tag_management(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    newer = signed_package("2")
    push(package, client(held), tmp_path, "latest")
    push(newer, client(held), tmp_path, "latest")
    assert client(held).resolve("latest").digest == newer.digest
    assert client(held).resolve(None).digest == newer.digest
    assert client(held).resolve("1.0").digest == package.digest
    assert client(held).tags() == ["1.0", "latest"]


def test_the_tag_goes_last(registry_simulator: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    push(package, client(registry_simulator), tmp_path)
    puts = registry_simulator.paths("PUT")
    referrers = [f"/v2/{NAME}/manifests/{Manifest.parse(raw).descriptor.digest}" for raw in package.referrers]
    assert puts[-1] == f"/v2/{NAME}/manifests/1.0"
    assert set(referrers) < set(puts)
    assert any(package.model.digest.removeprefix("sha256:") in path for path in puts)


def test_what_is_there_is_not_sent_again(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    push(package, client(held), tmp_path, "2.0")
    assert held.paths("POST") == []
    assert [path for path in held.paths("PUT") if "/blobs/" in path] == []


def test_progress_counts_the_bytes(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    events: list[ProgressEvent] = []
    registry = client(held)
    copy(registry, LayoutDirectory(tmp_path / "a"), registry.resolve("1.0"), progress=events.append)
    mine = [event for event in events if event.digest == package.model.digest]
    assert [mine[0].kind, mine[-1].kind] == ["start", "finish"]
    counts = [event.done for event in mine if event.kind == "advance"]
    assert counts == sorted(counts)
    assert counts[-1] == mine[-1].total == package.model.size
    assert mine[0].title == "models/vad.onnx"
    events.clear()
    copy(registry, LayoutDirectory(tmp_path / "a"), registry.resolve("1.0"), progress=events.append)
    assert {event.kind for event in events} == {"skip"}


def test_a_zero_byte_blob(registry: HttpRegistry, tmp_path: Path) -> None:
    push(make_package(model_size=0), registry, tmp_path)
    assert pull(registry, tmp_path / "a").tags() == ["1.0"]


def test_lists_come_in_pages(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(page=1) as simulator:
        for tag in ("1.0", "2.0", "3.0"):
            push(package, client(simulator), tmp_path, tag)
        assert client(simulator).tags() == ["1.0", "2.0", "3.0"]
        assert len(client(simulator).referrers(package.digest)) == 2


# Referrers without the API


def test_the_fallback_tag_is_kept_up(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(referrers=False) as simulator:
        push(package, client(simulator), tmp_path)
        push(package, client(simulator), tmp_path)
        repository = simulator.repository(NAME)
        media_type, raw = repository.manifests[repository.tags[referrers_tag(package.digest)]]
        entries = json.loads(raw)["manifests"]
        assert media_type == media_types.INDEX
        assert [entry["digest"] for entry in entries] == sorted(
            Manifest.parse(raw).descriptor.digest for raw in package.referrers
        )
        assert all(entry["artifactType"] == media_types.BUNDLE and entry["annotations"] for entry in entries)
        assert client(simulator).tags() == ["1.0"]
        layout = pull(client(simulator), tmp_path / "a")
        assert len(layout.referrers(package.digest)) == 2


def test_a_referrer_lost_in_a_race_is_listed_again(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(referrers=False) as simulator:
        simulator.faults.forgets_referrers = 2
        push(package, client(simulator), tmp_path)
        assert len(client(simulator).referrers(package.digest)) == 2


def test_a_registry_that_keeps_no_referrers_is_reported(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(referrers=False) as simulator:
        simulator.faults.forgets_referrers = 100
        with pytest.raises(RegistryError) as caught:
            push(package, client(simulator), tmp_path)
        assert caught.value.code == "RM406"
        assert simulator.repository(NAME).tags == {}


def test_a_fallback_tag_of_another_kind_is_reported(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(referrers=False) as simulator:
        push(make_package(), client(simulator), tmp_path, referrers_tag(package.digest))
        with pytest.raises(RegistryError) as caught:
            push(package, client(simulator), tmp_path)
        assert caught.value.code == "RM406"


@pytest.mark.parametrize("body", ["", "[]", "{", '{"manifests":[{}]}', '{"manifests":[' + "[" * 1000])
def test_a_wrong_list_of_referrers_is_reported(
    held: RegistrySimulator, package: Package, tmp_path: Path, body: str
) -> None:
    held.faults.wrong_page = body
    assert refusal(client(held), tmp_path).code == "RM406"
