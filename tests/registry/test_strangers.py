"""What anybody may attach to a package as its signature: each is looked at by itself, and none does any harm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from remotemedia.errors import PackageError
from remotemedia.registry import Descriptor, Manifest, bundles_of, digest_of, hex_of, media_types
from tests.registry.samples import Package, make_package, manifest_bytes, signed_package
from tests.registry.transfers import NAME, client, pull, push
from tests.simulators.registry import RegistrySimulator

NOTE = "application/x-note"
TEXT = b"none of it"


@pytest.fixture(params=[True, False], ids=["api", "tag"])
def simulator(request: pytest.FixtureRequest) -> Iterator[RegistrySimulator]:
    with RegistrySimulator(referrers=request.param) as simulator:
        yield simulator


def attach(
    simulator: RegistrySimulator,
    package: Package,
    data: bytes,
    *,
    subject: Descriptor | None = None,
    artifact_type: str = media_types.BUNDLE,
    count: int = 1,
    size: int | None = None,
) -> Descriptor:
    """Attach what consists of some bytes; gives their descriptor."""
    layer = Descriptor(media_types.BUNDLE, digest_of(data), len(data) if size is None else size)
    empty = Descriptor.of(media_types.EMPTY, media_types.EMPTY_BYTES)
    simulator.repository(NAME).blobs |= {layer.digest: data, empty.digest: media_types.EMPTY_BYTES}
    raw = manifest_bytes(artifact_type, empty, [layer] * count, {}, subject or package.descriptor)
    client(simulator).add_referrer(raw)
    return layer


def gone(simulator: RegistrySimulator, package: Package) -> None:
    del simulator.repository(NAME).blobs[attach(simulator, package, TEXT).digest]


def wrong(simulator: RegistrySimulator, package: Package) -> None:
    simulator.repository(NAME).blobs[attach(simulator, package, TEXT).digest] = b"not mine"


def longer(simulator: RegistrySimulator, package: Package) -> None:
    attach(simulator, package, TEXT, size=3)


def large(simulator: RegistrySimulator, package: Package) -> None:
    attach(simulator, package, b"", size=(4 << 20) + 1)


def long_manifest(simulator: RegistrySimulator, package: Package) -> None:
    attach(simulator, package, TEXT, count=500)


def index(simulator: RegistrySimulator, package: Package) -> None:
    """Of images, as far as the list of a registry is concerned of the type of a signature."""
    document = {
        "schemaVersion": 2,
        "mediaType": media_types.INDEX,
        "artifactType": media_types.BUNDLE,
        "manifests": [],
        "subject": package.descriptor.to_json(),
    }
    raw = json.dumps(document).encode()
    registry = client(simulator)
    registry._put_manifest(raw, media_types.INDEX, digest_of(raw))
    if not simulator.referrers:
        descriptor = Descriptor(media_types.INDEX, digest_of(raw), len(raw), media_types.BUNDLE)
        registry._list_in_fallback(package.digest, descriptor)


def about_another(simulator: RegistrySimulator, package: Package) -> None:
    if simulator.referrers:
        pytest.skip("the registry itself keeps the list")
    other = make_package("other", 300)
    layer = attach(simulator, package, TEXT)
    empty = Descriptor.of(media_types.EMPTY, media_types.EMPTY_BYTES)
    raw = manifest_bytes(media_types.BUNDLE, empty, [layer], {}, other.descriptor)
    registry = client(simulator)
    registry._put_manifest(raw, media_types.MANIFEST, digest_of(raw))
    registry._list_in_fallback(
        package.digest, Descriptor(media_types.MANIFEST, digest_of(raw), len(raw), media_types.BUNDLE)
    )


STRANGERS = [gone, wrong, longer, large, long_manifest, index, about_another]


@pytest.mark.parametrize("act", STRANGERS)
def test_a_strangers_bundle_does_no_harm(
    simulator: RegistrySimulator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    act: Callable[[RegistrySimulator, Package], None],
) -> None:
    package = signed_package()
    push(package, client(simulator), tmp_path)
    act(simulator, package)
    ours = {package.blobs[Manifest.parse(raw).layers[0].digest] for raw in package.referrers}
    assert ours <= set(bundles_of(client(simulator), package.digest))
    assert ours <= set(bundles_of(pull(client(simulator), tmp_path / "layout"), package.digest))
    assert "1 of what is attached to the package as its signatures is passed over, the first as " in caplog.text


def test_of_a_flood_as_much_is_looked_at_as_there_is_room_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("remotemedia.registry._referrers._MAX_SIGNATURES", 5)
    monkeypatch.setattr("remotemedia.registry._referrers._MAX_BYTES", 10_000)
    package = signed_package()
    with RegistrySimulator() as simulator:
        push(package, client(simulator), tmp_path)
        attach(simulator, package, bytes(9000))
        assert len(bundles_of(client(simulator), package.digest)) == 2
        assert "1 of what is attached" in caplog.text
        assert "more than 10000 bytes" in caplog.text
        for number in range(5):
            attach(simulator, package, b"%d" % number)
        assert len(bundles_of(client(simulator), package.digest)) == 5
        assert "there are more than 5" in caplog.text


def test_a_directory_whose_signature_was_changed_is_damaged(tmp_path: Path) -> None:
    """Only who may write everything there could have done that."""
    package = signed_package()
    layout = package.write(tmp_path)
    layer = Manifest.parse(package.referrers[0]).layers[0]
    path = tmp_path / "blobs/sha256" / hex_of(layer.digest)
    path.chmod(0o644)
    path.write_bytes(bytes(layer.size))
    with pytest.raises(PackageError) as caught:
        bundles_of(layout, package.digest)
    assert caught.value.code == "RM302"


@pytest.mark.parametrize("change", ["gone", "wrong"])
def test_a_note_whose_content_cannot_be_had_stays_behind(
    simulator: RegistrySimulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    package = signed_package()
    push(package, client(simulator), tmp_path)
    layer = attach(simulator, package, b"it sounds good", artifact_type=NOTE)
    kept = attach(simulator, package, b"it sounds bad", artifact_type=NOTE)
    blobs = simulator.repository(NAME).blobs
    if change == "gone":
        del blobs[layer.digest]
    else:
        blobs[layer.digest] = b"it sounds evil"
    layout = pull(client(simulator), tmp_path / "layout")
    assert layout.tags() == ["1.0"]
    (note,) = layout.referrers(package.digest, NOTE)
    assert Manifest.parse(layout.manifest(note.digest)).layers[0].digest == kept.digest
    assert "1 of what others attached to the package cannot be copied and stays behind" in caplog.text
