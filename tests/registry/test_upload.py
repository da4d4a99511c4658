"""Blobs on their way up: gateways that take less, uploads that are cut off, mounts, and what is not sent at all."""

import threading
from pathlib import Path

import pytest

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry import (
    BytesContent,
    Descriptor,
    HttpRegistry,
    LayoutDirectory,
    Manifest,
    PackageArchive,
    ProgressEvent,
    copy,
)
from remotemedia.registry import _upload as upload
from remotemedia.trust import SigningKey
from tests.registry.samples import MODEL_SIZE, Package, make_package
from tests.registry.transfers import NAME, QUICK, client, pull, push
from tests.simulators.registry import RegistrySimulator

MIB = 1 << 20
BLOB = b"0123456789abcdef" * (4 * MIB // 16)
DESCRIPTOR = Descriptor.of("application/octet-stream", BLOB)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "_CHUNK_BYTES", 2 * MIB)


def put(simulator: RegistrySimulator, environ: dict[str, str] | None = None) -> None:
    client(simulator, environ).put_blob(DESCRIPTOR, BytesContent(BLOB))
    assert simulator.repository(NAME).blobs[DESCRIPTOR.digest] == BLOB


def patches(simulator: RegistrySimulator) -> list[str]:
    return [one.headers["content-range"] for one in simulator.requests if one.method == "PATCH"]


def test_a_blob_goes_in_one_piece(registry_simulator: RegistrySimulator) -> None:
    put(registry_simulator)
    assert [request.method for request in registry_simulator.requests] == ["POST", "PUT"]
    assert registry_simulator.received == len(BLOB)


@pytest.mark.usefixtures("small_chunks")
def test_a_gateway_that_takes_less_gets_pieces() -> None:
    with RegistrySimulator(largest_body=2 * MIB) as simulator:
        put(simulator)
        assert patches(simulator) == [f"0-{2 * MIB - 1}", f"{2 * MIB}-{4 * MIB - 1}"]
        assert simulator.received == len(BLOB)


@pytest.mark.usefixtures("small_chunks")
def test_pieces_become_smaller_until_they_are_taken() -> None:
    with RegistrySimulator(largest_body=MIB) as simulator:
        put(simulator)
        assert patches(simulator)[-1] == f"{3 * MIB}-{4 * MIB - 1}"


@pytest.mark.usefixtures("small_chunks")
def test_pieces_are_not_smaller_than_the_registry_wants() -> None:
    with RegistrySimulator(largest_body=3 * MIB + 5, least_chunk=3 * MIB) as simulator:
        put(simulator)
        assert patches(simulator) == [f"0-{3 * MIB - 1}", f"{3 * MIB}-{4 * MIB - 1}"]


@pytest.mark.usefixtures("small_chunks")
def test_a_gateway_that_takes_next_to_nothing_is_reported() -> None:
    with RegistrySimulator(largest_body=1000) as simulator, pytest.raises(RegistryError) as caught:
        put(simulator)
    assert caught.value.code == "RM406"
    assert "413" in str(caught.value)


def test_pieces_can_be_asked_for(registry_simulator: RegistrySimulator) -> None:
    put(registry_simulator, {"REMOTEMEDIA_UPLOAD_CHUNK": "3"})
    assert patches(registry_simulator) == [f"0-{3 * MIB - 1}", f"{3 * MIB}-{4 * MIB - 1}"]


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "999999"])
def test_a_malformed_size_of_pieces_is_named(registry_simulator: RegistrySimulator, text: str) -> None:
    with pytest.raises(RegistryError) as caught:
        put(registry_simulator, {"REMOTEMEDIA_UPLOAD_CHUNK": text})
    assert caught.value.code == "RM412"


def test_an_upload_goes_on_where_it_was_cut_off(registry_simulator: RegistrySimulator) -> None:
    registry_simulator.faults.upload_cuts = [2 * MIB, MIB]
    put(registry_simulator)
    assert patches(registry_simulator) == [f"{2 * MIB}-{4 * MIB - 1}", f"{3 * MIB}-{4 * MIB - 1}"]
    assert registry_simulator.received == len(BLOB)


def test_pieces_that_are_cut_off_go_on_where_they_stopped(registry_simulator: RegistrySimulator) -> None:
    registry_simulator.faults.upload_cuts = [1000] * 2
    put(registry_simulator, {"REMOTEMEDIA_UPLOAD_CHUNK": "1"})
    assert registry_simulator.received == len(BLOB)


def test_a_registry_that_does_not_know_how_far_it_is_gets_it_again() -> None:
    with RegistrySimulator(tells_progress=False) as simulator:
        simulator.faults.upload_cuts = [2 * MIB]
        put(simulator)
        assert simulator.received == len(BLOB) + 2 * MIB
        assert patches(simulator) == []


def test_an_upload_whose_last_answer_is_lost_is_not_sent_again(registry_simulator: RegistrySimulator) -> None:
    registry_simulator.faults.lost_answers = 1
    put(registry_simulator)
    assert registry_simulator.received == len(BLOB)
    assert [request.method for request in registry_simulator.requests] == ["POST", "PUT", "GET", "HEAD"]


def test_an_upload_that_is_always_cut_off_fails(registry_simulator: RegistrySimulator) -> None:
    registry_simulator.faults.upload_cuts = [0] * 100
    with pytest.raises(RegistryError) as caught:
        put(registry_simulator)
    assert caught.value.code == "RM404"
    bodies = [one for one in registry_simulator.requests if one.headers.get("content-length", "0") != "0"]
    assert len(bodies) == QUICK.attempts


def test_a_registry_that_forgets_uploads_gets_them_again(registry_simulator: RegistrySimulator) -> None:
    registry = client(registry_simulator)
    assert not registry.mount_blob(DESCRIPTOR, "else/where")
    registry_simulator.uploads.clear()
    registry.put_blob(DESCRIPTOR, BytesContent(BLOB))
    assert registry_simulator.repository(NAME).blobs[DESCRIPTOR.digest] == BLOB


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT"])
def test_a_token_that_ends_in_mid_push_is_fetched_again(package: Package, tmp_path: Path, method: str) -> None:
    with RegistrySimulator(auth="token") as simulator:
        simulator.faults.tokens_end_before = method
        # One after the other: a token may end, but not between being given and being shown.
        push(package, client(simulator, simulator.login()), tmp_path, jobs=1)
        assert simulator.repository(NAME).tags == {"1.0": package.digest}


def test_several_threads_that_are_refused_fetch_one_token(tmp_path: Path) -> None:
    package = make_package()
    with RegistrySimulator(auth="token") as simulator:
        push(package, client(simulator, simulator.login()), tmp_path)
        assert len([path for path in simulator.paths("GET") if path.startswith("/token")]) == 1


# What is not sent


def test_a_damaged_file_is_refused_though_it_is_not_hashed_before(
    registry_simulator: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    path = package.pack(tmp_path / "x.rmpkg")
    data = bytearray(path.read_bytes())
    data[data.index(b"weights") + 1_000_000] ^= 1
    path.write_bytes(data)
    with PackageArchive(path) as archive, pytest.raises(PackageError) as caught:
        copy(archive, client(registry_simulator), archive.resolve(None), tag="1.0")
    assert caught.value.code == "RM302"
    assert package.model.digest in str(caught.value)
    assert registry_simulator.repository(NAME).tags == {}


def test_a_registry_that_refuses_what_is_right_is_reported(registry_simulator: RegistrySimulator) -> None:
    registry_simulator.faults.refuses_digests = True
    with pytest.raises(RegistryError) as caught:
        put(registry_simulator)
    assert caught.value.code == "RM406"
    assert "DIGEST_INVALID" in str(caught.value)


def test_pushing_again_asks_for_each_blob_once_and_sends_the_tag_only(
    held: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    push(package, client(held), tmp_path)
    heads = [path for path in held.paths("HEAD") if "/blobs/" in path]
    assert len(heads) == len(set(heads)) == len(Manifest.parse(package.manifest).blobs)
    assert held.paths("PUT") == [f"/v2/{NAME}/manifests/1.0"]
    assert len(held.requests) == len(heads) + 2
    assert held.received == sum(len(data) for data in package.blobs.values())


def test_a_blob_of_another_repository_is_mounted(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    copy(client(held), HttpRegistry(held.host, "other", environ={}, retry=QUICK), package.descriptor, tag="2.0")
    assert held.repository("other").blobs == package.blobs
    assert held.repository("other").tags == {"2.0": package.digest}
    assert [path for path in held.paths("GET") if package.model.digest in path] == []


def test_a_mount_needs_to_be_allowed_in_both_repositories(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(auth="token") as simulator:
        push(package, client(simulator, simulator.login()), tmp_path)
        target = HttpRegistry(simulator.host, "other", environ=simulator.login(), retry=QUICK)
        copy(client(simulator, simulator.login()), target, package.descriptor, tag="2.0")
        asked = [path for path in simulator.paths("GET") if path.startswith("/token") and "other" in path]
        assert any("voice" in path for path in asked)


def test_a_registry_that_mounts_nothing_is_sent_the_blobs(tmp_path: Path, package: Package) -> None:
    with RegistrySimulator(mounts=False) as simulator:
        push(package, client(simulator), tmp_path)
        simulator.requests.clear()
        copy(client(simulator), HttpRegistry(simulator.host, "other", environ={}, retry=QUICK), package.descriptor)
        assert simulator.repository("other").blobs == package.blobs
        layers = Manifest.parse(package.manifest).blobs
        mounts = [path for path in simulator.paths("POST") if "mount=" in path]
        assert len(mounts) == len(layers)
        assert simulator.uploads == {}


# Referrers


def test_a_registry_that_loses_referrers_is_reported(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator() as simulator:
        simulator.faults.wrong_page = '{"schemaVersion":2,"manifests":[]}'
        with pytest.raises(RegistryError) as caught:
            push(package, client(simulator), tmp_path)
        assert caught.value.code == "RM406"
        assert "2 are missing" in str(caught.value)
        assert simulator.repository(NAME).tags == {}


def test_writers_of_the_fallback_tag_lose_nothing_to_each_other(tmp_path: Path) -> None:
    package = make_package(model_size=10)
    raws = [package.sign(SigningKey.generate()) for _ in range(4)]
    with RegistrySimulator(referrers=False) as simulator:
        for data in package.blobs.values():
            client(simulator).put_blob(Descriptor.of("application/octet-stream", data), BytesContent(data))
        threads = [threading.Thread(target=client(simulator).add_referrer, args=(raw,)) for raw in raws]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(client(simulator).referrers(package.digest)) == len(raws)


def test_progress_is_told_for_one_blob_at_a_time(
    registry_simulator: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    events: list[ProgressEvent] = []
    with PackageArchive(package.pack(tmp_path / "x.rmpkg")) as archive:
        copy(archive, client(registry_simulator), archive.resolve(None), tag="1.0", progress=events.append)
    for blob in Manifest.parse(package.manifest).blobs:
        mine = [event for event in events if event.digest == blob.digest]
        assert [mine[0].kind, mine[-1].kind] == ["start", "finish"]
        assert mine[-1].done == blob.size
    assert max(event.done for event in events) == MODEL_SIZE


def test_what_was_pulled_can_be_pushed(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    layout = pull(client(held), tmp_path / "a")
    with RegistrySimulator() as elsewhere:
        copy(layout, client(elsewhere), package.descriptor, tag="1.0")
        assert elsewhere.repository(NAME).blobs == package.blobs
    copy(layout, LayoutDirectory(tmp_path / "b"), package.descriptor, tag="1.0")
    assert len(LayoutDirectory(tmp_path / "b").referrers(package.digest)) == 2
