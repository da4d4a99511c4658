"""The cache: packages pulled once, used without a network, and gone when they should be."""

import json
import os
import threading
from pathlib import Path

import pytest

from remotemedia.errors import PackageError, RegistryError, RemoteMediaError, TrustError
from remotemedia.registry import Cache, HttpRegistry, LayoutDirectory, Manifest, Reference, copy, hex_of, media_types
from remotemedia.trust import Keyring, Mode, SigningKey, TrustedKey, verify
from tests.registry.samples import KEY, Package, make_package, manifest_bytes, signed_package
from tests.registry.transfers import QUICK
from tests.simulators.registry import RegistrySimulator

NAME = "model"
KEYRING = Keyring([TrustedKey("ann", KEY.public)])


def push(package: Package, simulator: RegistrySimulator, path: Path, tag: str = "1.0") -> Reference:
    registry = HttpRegistry(simulator.host, NAME, environ={}, retry=QUICK)
    copy(package.write(path / f"source-{package.digest[-12:]}"), registry, package.descriptor, tag=tag)
    simulator.requests.clear()
    return Reference.parse(f"oci://{simulator.host}/{NAME}:{tag}")


def pull(cache: Cache, reference: Reference) -> None:
    registry = HttpRegistry(reference.host, reference.path, environ={}, retry=QUICK)
    descriptor = registry.resolve(reference.part)

    def judge(manifest: bytes, bundles: list[bytes]) -> None:
        verify(descriptor.digest, bundles, KEYRING, Mode.PRODUCTION)

    cache.add(registry, descriptor, reference, judge=judge)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "home")


def test_scenario_cache_on_first_download(
    registry_simulator: RegistrySimulator, cache: Cache, package: Package, tmp_path: Path
) -> None:
    reference = push(package, registry_simulator, tmp_path)
    assert cache.get(reference) is None
    pull(cache, reference)
    entry = cache.get(reference)
    assert entry is not None
    assert entry.path == tmp_path / "home/pipelines" / hex_of(package.digest)
    assert entry.references == (str(reference),)
    assert entry.open().manifest(package.digest) == package.manifest
    assert len(entry.open().referrers(package.digest)) == 2
    for blob in Manifest.parse(package.manifest).blobs:
        assert b"".join(entry.open().open_blob(blob)) == package.blobs[blob.digest]
    assert entry.size >= package.model.size


def test_blobs_are_stored_once_and_read_only(
    registry_simulator: RegistrySimulator, cache: Cache, package: Package, tmp_path: Path
) -> None:
    pull(cache, push(package, registry_simulator, tmp_path))
    pull(cache, push(signed_package("2"), registry_simulator, tmp_path, "2.0"))
    assert len(cache.list()) == 2
    paths = [entry.path / "blobs/sha256" / hex_of(package.model.digest) for entry in cache.list()]
    inodes = {path.stat().st_ino for path in paths}
    inodes.add((tmp_path / "home/blobs/sha256" / hex_of(package.model.digest)).stat().st_ino)
    assert len(inodes) == 1
    assert paths[0].stat().st_mode & 0o777 == 0o444
    assert cache.size() < 2 * package.model.size


def test_scenario_use_cached_package(
    registry_simulator: RegistrySimulator, cache: Cache, package: Package, tmp_path: Path
) -> None:
    reference = push(package, registry_simulator, tmp_path)
    pull(cache, reference)
    registry_simulator.requests.clear()
    for text in (str(reference), package.digest, f"oci://elsewhere/x@{package.digest}"):
        entry = Cache(tmp_path / "home").get(Reference.parse(text))
        assert entry is not None
        assert entry.open().resolve(None).digest == package.digest
    assert registry_simulator.requests == []


def test_scenario_cache_invalidation_by_clear(
    registry_simulator: RegistrySimulator, cache: Cache, package: Package, tmp_path: Path
) -> None:
    reference = push(package, registry_simulator, tmp_path)
    pull(cache, reference)
    cache.clear()
    assert cache.get(reference) is None
    assert cache.list() == ()
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file() and path.name != ".lock"] == []
    pull(cache, reference)
    assert cache.get(reference) is not None


def test_scenario_cache_invalidation_by_a_changed_signature(
    registry_simulator: RegistrySimulator, cache: Cache, tmp_path: Path
) -> None:
    package = make_package()
    trusted = package.sign()
    reference = push(package, registry_simulator, tmp_path)
    pull(cache, reference)

    # The signature is replaced by a stranger's: the cached version goes.
    manifests = registry_simulator.repository(NAME).manifests
    kept = manifests.pop(Manifest.parse(trusted).descriptor.digest)
    package.referrers.clear()
    package.sign(SigningKey.generate())
    push(package, registry_simulator, tmp_path / "again")
    with pytest.raises(TrustError) as caught:
        pull(cache, reference)
    assert caught.value.code == "RM502"
    assert cache.get(reference) is None

    # It is signed again: the next use fetches it again.
    manifests[Manifest.parse(trusted).descriptor.digest] = kept
    pull(cache, reference)
    entry = cache.get(reference)
    assert entry is not None
    assert len(entry.open().referrers(package.digest)) == 2


def test_a_new_signature_replaces_the_referrers_without_moving_layers(
    registry_simulator: RegistrySimulator, cache: Cache, tmp_path: Path
) -> None:
    package = make_package()
    package.sign()
    reference = push(package, registry_simulator, tmp_path)
    pull(cache, reference)
    package.sign(SigningKey.generate())
    push(package, registry_simulator, tmp_path / "again")
    pull(cache, reference)
    assert package.model.digest not in str(registry_simulator.paths("GET"))
    entry = cache.get(reference)
    assert entry is not None
    assert len(entry.open().referrers(package.digest)) == 2
    assert cache.verify() == ()


def test_a_refusal_for_other_reasons_leaves_the_cache_alone(
    registry_simulator: RegistrySimulator, cache: Cache, package: Package, tmp_path: Path
) -> None:
    reference = push(package, registry_simulator, tmp_path)
    pull(cache, reference)

    def refuse(manifest: bytes, bundles: list[bytes]) -> None:
        raise TrustError("no", code="RM507")

    registry = HttpRegistry(reference.host, reference.path, environ={}, retry=QUICK)
    with pytest.raises(TrustError):
        cache.add(registry, package.descriptor, reference, judge=refuse)
    assert cache.get(reference) is not None


def test_the_judge_is_asked_before_any_layer_moves(
    registry_simulator: RegistrySimulator, cache: Cache, tmp_path: Path
) -> None:
    package = make_package()
    reference = push(package, registry_simulator, tmp_path)
    with pytest.raises(TrustError) as caught:
        pull(cache, reference)
    assert caught.value.code == "RM501"
    assert not [path for path in registry_simulator.paths("GET") if "/blobs/" in path]
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file() and not path.name.endswith(".lock")] == []


def test_a_tag_that_moved_is_followed_by_the_next_pull(
    registry_simulator: RegistrySimulator, cache: Cache, package: Package, tmp_path: Path
) -> None:
    newer = signed_package("2")
    reference = push(package, registry_simulator, tmp_path, "latest")
    pull(cache, reference)
    push(newer, registry_simulator, tmp_path, "latest")
    entry = cache.get(reference)
    assert entry is not None
    assert entry.digest == package.digest
    pull(cache, reference)
    entry = cache.get(reference)
    assert entry is not None
    assert entry.digest == newer.digest
    assert cache.get(Reference.parse(package.digest)) is not None


def test_bytes_that_were_changed_leave_no_entry(
    registry_simulator: RegistrySimulator, cache: Cache, package: Package, tmp_path: Path
) -> None:
    reference = push(package, registry_simulator, tmp_path)
    registry_simulator.faults.tampered = {package.model.digest}
    with pytest.raises(RegistryError) as caught:
        pull(cache, reference)
    assert caught.value.code == "RM405"
    assert cache.list() == ()
    assert cache.get(reference) is None
    assert not (tmp_path / "home/blobs/sha256" / hex_of(package.model.digest)).exists()
    assert not list((tmp_path / "home").rglob(".part-*"))
    registry_simulator.faults.tampered = set()
    registry_simulator.requests.clear()
    pull(cache, reference)
    layers = Manifest.parse(package.manifest).layers
    assert layers[0].digest not in str(registry_simulator.paths("GET"))  # it was checked, and kept


def test_only_packages_are_cached(cache: Cache, package: Package, tmp_path: Path) -> None:
    manifest = Manifest.parse(package.manifest)
    other = Package(manifest_bytes("text/plain", manifest.config, manifest.layers, {}), package.blobs)
    layout = other.write(tmp_path / "a")
    with pytest.raises(PackageError) as caught:
        cache.add(layout, layout.resolve("1.0"), None)
    assert caught.value.code == "RM301"


def test_processes_that_pull_at_once_share_the_work(
    registry_simulator: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    reference = push(package, registry_simulator, tmp_path)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            pull(Cache(tmp_path / "home"), reference)
        except RemoteMediaError as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    downloads = [path for path in registry_simulator.paths("GET") if package.model.digest in path]
    assert len(downloads) == 1
    assert Cache(tmp_path / "home").verify() == ()


def test_verify_finds_what_was_damaged(cache: Cache, package: Package, tmp_path: Path) -> None:
    layout = package.write(tmp_path / "a")
    entry = cache.add(layout, layout.resolve("1.0"), None)
    assert cache.verify() == ()
    path = entry.path / "blobs/sha256" / hex_of(package.model.digest)
    path.chmod(0o644)
    path.write_bytes(b"X" * package.model.size)
    (damage,) = cache.verify()
    assert damage.digest == package.digest
    assert package.model.digest in damage.why


def test_a_missing_blob_is_fetched_by_the_next_pull(
    registry_simulator: RegistrySimulator, cache: Cache, package: Package, tmp_path: Path
) -> None:
    reference = push(package, registry_simulator, tmp_path)
    pull(cache, reference)
    for directory in ("blobs/sha256", f"pipelines/{hex_of(package.digest)}/blobs/sha256"):
        (tmp_path / "home" / directory / hex_of(package.model.digest)).unlink()
    assert len(cache.verify()) == 1
    pull(cache, reference)
    assert cache.verify() == ()


def test_remove_forgets_a_reference_and_at_last_the_package(cache: Cache, package: Package, tmp_path: Path) -> None:
    layout = package.write(tmp_path / "a")
    first, second = Reference.parse("oci://r/a:1"), Reference.parse("oci://r/a")
    for reference in (first, second):
        cache.add(layout, layout.resolve("1.0"), reference)
    assert cache.list()[0].references == ("oci://r/a:1", "oci://r/a:latest")
    cache.remove(first)
    assert cache.get(first) is None
    assert cache.get(second) is not None
    cache.remove(Reference.parse("oci://r/a:latest"))
    assert cache.list() == ()
    assert cache.size() == 0
    with pytest.raises(RegistryError) as caught:
        cache.remove(first)
    assert caught.value.code == "RM402"


def test_remove_keeps_what_others_use(cache: Cache, package: Package, tmp_path: Path) -> None:
    other = signed_package("2")
    for place, one in enumerate((package, other)):
        layout = one.write(tmp_path / str(place))
        cache.add(layout, layout.resolve("1.0"), None)
    cache.remove(Reference.parse(package.digest))
    assert [entry.digest for entry in cache.list()] == [other.digest]
    assert cache.verify() == ()


def test_what_a_tag_pointed_to_stays_known_as_of_its_repository(cache: Cache, package: Package, tmp_path: Path) -> None:
    newer, place = signed_package("2"), "oci://r:443/team/a"
    for number, (one, tag) in enumerate([(package, "1"), (package, "2"), (newer, "1"), (newer, "1")]):
        layout = one.write(tmp_path / str(number))
        cache.add(layout, layout.resolve("1.0"), Reference.parse(f"{place}:{tag}", plain_http=True))
    assert cache.places(package.digest) == (f"{place}:2", f"{place}@{package.digest}")
    assert cache.places(newer.digest) == (f"{place}:1",)
    cache.remove(Reference.parse(package.digest))
    assert cache.places(package.digest) == ()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"reference":"x","digest":"../../x"}', b'{"reference":1}'])
def test_a_damaged_reference_is_as_good_as_none(cache: Cache, package: Package, tmp_path: Path, content: bytes) -> None:
    layout = package.write(tmp_path / "a")
    reference = Reference.parse("oci://r/a")
    cache.add(layout, layout.resolve("1.0"), reference)
    (path,) = (tmp_path / "home/refs").iterdir()
    path.write_bytes(content)
    assert cache.get(reference) is None
    assert cache.list()[0].references == ()


def test_a_home_that_cannot_be_written(package: Package, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    layout = package.write(tmp_path / "a")
    with pytest.raises(RegistryError) as caught:
        Cache(tmp_path / "home").add(layout, layout.resolve("1.0"), None)
    assert caught.value.code == "RM408"


def test_what_a_killed_pull_left_is_swept(cache: Cache, package: Package, tmp_path: Path) -> None:
    layout = package.write(tmp_path / "a")
    cache.add(layout, layout.resolve("1.0"), None)
    (tmp_path / "home/pipelines/.new-x/blobs").mkdir(parents=True)
    (tmp_path / "home/blobs/sha256/.part-x").write_bytes(b"half")
    assert len(cache.list()) == 1
    cache.clear()
    assert os.listdir(tmp_path / "home/pipelines") == [".lock"]  # noqa: PTH208 - names are meant
    assert list((tmp_path / "home/blobs/sha256").iterdir()) == []


def test_a_layout_without_links_still_works(cache: Cache, package: Package, tmp_path: Path) -> None:
    """An entry is a layout like any other: another tool's copy of it can be read and pulled again."""
    layout = package.write(tmp_path / "a")
    entry = cache.add(layout, layout.resolve("1.0"), None)
    copy(entry.open(), LayoutDirectory(tmp_path / "b"), package.descriptor, tag="x")
    index = json.loads((tmp_path / "b/index.json").read_bytes())
    assert index["manifests"][0]["annotations"][media_types.REF_NAME] == "x"
