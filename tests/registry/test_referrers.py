"""What refers to a package: signatures are looked at; what others attached comes along, and does no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia.registry import Cache, Descriptor, LayoutDirectory, Manifest, Reference, bundles_of, media_types
from tests.registry.samples import Package, manifest_bytes, signed_package
from tests.registry.transfers import NAME, client, pull, push
from tests.simulators.registry import RegistrySimulator

NOTE = "application/x-note"
TEXT = b"it sounds good"


@pytest.fixture
def noted(tmp_path: Path) -> Package:
    """A signed package to which somebody attached a note."""
    package = signed_package()
    contents = {media_types.EMPTY: media_types.EMPTY_BYTES, "text/plain": TEXT}
    empty, text = (Descriptor.of(media_type, data) for media_type, data in contents.items())
    package.blobs.update({empty.digest: media_types.EMPTY_BYTES, text.digest: TEXT})
    package.referrers.append(manifest_bytes(NOTE, empty, [text], {}, package.descriptor))
    return package


@pytest.fixture
def held(noted: Package, registry_simulator: RegistrySimulator, tmp_path: Path) -> RegistrySimulator:
    push(noted, client(registry_simulator), tmp_path)
    registry_simulator.requests.clear()
    return registry_simulator


def note_of(package: Package) -> Manifest:
    return Manifest.parse(package.referrers[-1])


def cached(simulator: RegistrySimulator, home: Path) -> LayoutDirectory:
    registry = client(simulator)
    return (
        Cache(home).add(registry, registry.resolve("1.0"), Reference.parse(f"oci://{simulator.host}/{NAME}:1.0")).open()
    )


def test_a_copy_takes_what_others_attached_along(noted: Package, held: RegistrySimulator, tmp_path: Path) -> None:
    layout = pull(client(held), tmp_path / "layout")
    assert [it.digest for it in layout.referrers(noted.digest, NOTE)] == [note_of(noted).descriptor.digest]
    assert b"".join(layout.open_blob(note_of(noted).layers[0])) == TEXT


def test_a_pull_asks_for_signatures_alone(noted: Package, held: RegistrySimulator, tmp_path: Path) -> None:
    entry = cached(held, tmp_path / "home")
    assert bundles_of(entry, noted.digest)
    assert not entry.referrers(noted.digest, NOTE)
    digest = note_of(noted).descriptor.digest
    assert not [path for path in held.paths("GET") if path.endswith(digest)]


def test_a_note_that_is_gone_does_no_harm(noted: Package, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with RegistrySimulator(referrers=False) as simulator:
        push(noted, client(simulator), tmp_path)
        del simulator.repository(NAME).manifests[note_of(noted).descriptor.digest]  # the list still has it
        layout = pull(client(simulator), tmp_path / "layout")
        assert bundles_of(layout, noted.digest)
        assert bundles_of(cached(simulator, tmp_path / "home"), noted.digest)
    assert "1 of what others attached to the package cannot be copied and stays behind" in caplog.text


def test_a_signature_that_is_gone_is_as_one_that_is_not_listed(
    noted: Package, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with RegistrySimulator(referrers=False) as simulator:
        push(noted, client(simulator), tmp_path)
        del simulator.repository(NAME).manifests[Manifest.parse(noted.referrers[0]).descriptor.digest]
        assert len(bundles_of(client(simulator), noted.digest)) == len(noted.referrers) - 2
    assert "1 of what is attached to the package as its signatures is passed over" in caplog.text


@pytest.mark.parametrize("status", [400, 404, 405, 406, 501])
def test_a_registry_without_referrers_may_say_so_in_several_ways(status: int, noted: Package, tmp_path: Path) -> None:
    with RegistrySimulator(referrers=False) as simulator:
        simulator.faults.no_referrers = status
        push(noted, client(simulator), tmp_path)
        assert bundles_of(client(simulator), noted.digest)
