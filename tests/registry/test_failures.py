"""Everything that goes wrong on the way to a registry and back."""

import socket
import threading
import time
from pathlib import Path

import pytest

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry import (
    BytesContent,
    Descriptor,
    HttpRegistry,
    LayoutDirectory,
    RetryPolicy,
    digest_of,
)
from tests.registry.samples import Package
from tests.registry.transfers import NAME, QUICK, client, pull, push, refusal
from tests.simulators.registry import RegistrySimulator


def test_bytes_that_were_changed_are_refused(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.tampered = {package.model.digest}
    assert refusal(client(held), tmp_path).code == "RM405"
    assert not LayoutDirectory(tmp_path / "refused").has_blob(package.model)


def test_a_manifest_that_was_changed_is_refused(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.tampered = {package.digest}
    assert refusal(client(held), tmp_path).code == "RM405"


@pytest.mark.parametrize("extra", [-1, 1, 1 << 40])
def test_a_wrong_content_length_is_refused(
    held: RegistrySimulator, package: Package, tmp_path: Path, extra: int
) -> None:
    held.faults.extra_length = {package.model.digest: extra}
    assert refusal(client(held), tmp_path).code == "RM405"


def test_a_registry_that_is_busy_is_asked_again(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.unavailable = 2
    assert client(held).resolve("1.0").digest == package.digest
    assert len(held.requests) == 3


def test_retry_after_is_honoured(held: RegistrySimulator) -> None:
    held.faults.unavailable, held.faults.retry_after = 1, "1"
    start = time.monotonic()
    client(held).resolve("1.0")
    assert time.monotonic() - start >= 1


def test_a_registry_that_wants_too_much_patience_is_given_up(held: RegistrySimulator) -> None:
    held.faults.unavailable, held.faults.retry_after = 1, "3600"
    with pytest.raises(RegistryError) as caught:
        client(held).resolve("1.0")
    assert caught.value.code == "RM404"
    assert len(held.requests) == 1


def test_scenario_handle_fetch_failures_gracefully(
    held: RegistrySimulator, package: Package, caplog: pytest.LogCaptureFixture
) -> None:
    held.faults.unavailable = 100
    with pytest.raises(RegistryError) as caught:
        client(held).manifest(package.digest)
    assert caught.value.code == "RM404"
    assert str(caught.value) == f'registry `{held.host}/{NAME}` answered 503: "UNAVAILABLE" "unavailable"'
    assert caught.value.hint is not None
    assert "--offline" in caught.value.hint
    assert len(held.requests) == QUICK.attempts
    assert [record.message for record in caplog.records] == [
        f"{caught.value.message}; again in 1 s ({failures} of 2)" for failures in (1, 2)
    ]


def test_a_download_goes_on_where_it_was_cut_off(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.resets = {package.model.digest: [100_000, 300_000]}
    layout = pull(client(held), tmp_path / "a")
    assert b"".join(layout.open_blob(package.model)) == package.blobs[package.model.digest]
    ranges = [request.headers["range"] for request in held.requests if "range" in request.headers]
    assert len(ranges) == 2
    assert all(int(one.removeprefix("bytes=").rstrip("-")) <= 400_000 for one in ranges)


def test_a_download_from_a_registry_without_ranges_starts_again(
    held: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    held.faults.resets, held.faults.ignores_range = {package.model.digest: [100_000]}, True
    layout = pull(client(held), tmp_path / "a")
    assert b"".join(layout.open_blob(package.model)) == package.blobs[package.model.digest]


def test_a_download_that_is_always_cut_off_fails(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.resets = {package.model.digest: [10] * 100}
    error = refusal(client(held), tmp_path)
    assert error.code == "RM404"
    assert "0x" not in str(error)
    assert len([path for path in held.paths("GET") if package.model.digest in path]) == QUICK.attempts


def test_an_upload_that_is_cut_off_is_sent_again(
    registry_simulator: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    registry_simulator.faults.upload_cuts = [1000, 1000]
    push(package, client(registry_simulator), tmp_path)
    assert registry_simulator.repository(NAME).blobs == package.blobs


def test_a_package_that_is_not_there(held: RegistrySimulator) -> None:
    for tag in ("2.0", "sha256:" + "ab" * 32):
        with pytest.raises(RegistryError) as caught:
            client(held).resolve(tag)
        assert caught.value.code == "RM402"
        assert str(caught.value) == f"there is no `{tag}` in `{held.host}/{NAME}`"
        assert f"`remotemedia tags oci://{held.host}/{NAME}`" in str(caught.value.hint)


def test_a_repository_that_is_not_there(registry: HttpRegistry) -> None:
    with pytest.raises(RegistryError) as caught:
        registry.tags()
    assert caught.value.code == "RM402"
    assert str(caught.value).startswith("there is no repository `127.0.0.1:")


def test_a_blob_that_is_not_there(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    del held.repository(NAME).blobs[package.model.digest]
    assert refusal(client(held), tmp_path).code == "RM402"


def test_a_refused_connection_fails_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(RegistryError) as caught:
            HttpRegistry(host, NAME, environ={}, retry=RetryPolicy(base_delay=30)).resolve("1.0")
    assert time.monotonic() - start < 5
    assert caught.value.code == "RM404"
    assert str(caught.value) == f"registry `{host}` cannot be reached: connection refused"


def test_a_server_that_hangs_up_is_not_reachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        registry = HttpRegistry(f"127.0.0.1:{server.getsockname()[1]}", NAME, environ={}, retry=RetryPolicy(attempts=1))

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(RegistryError) as caught:
            registry.resolve("1.0")
        thread.join()
    assert caught.value.code == "RM404"


def test_offline_opens_no_socket(monkeypatch: pytest.MonkeyPatch, package: Package) -> None:
    def no_socket(*args: object, **kwargs: object) -> socket.socket:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    registry = HttpRegistry("registry.example", NAME, offline=True, environ={})
    for use in (
        lambda: registry.resolve("1.0"),
        lambda: registry.manifest(package.digest),
        lambda: list(registry.open_blob(package.model)),
        lambda: registry.referrers(package.digest),
        registry.tags,
        lambda: registry.has_blob(package.model),
        lambda: registry.put_blob(package.model, BytesContent(b"")),
        lambda: registry.put_manifest(package.manifest),
        lambda: registry.add_referrer(package.referrers[0]),
    ):
        with pytest.raises(RegistryError) as caught:
            use()
        assert caught.value.code == "RM407"


def test_plain_http_is_for_this_machine_only() -> None:
    with RegistrySimulator() as simulator:
        simulator.repository(NAME)
        port = simulator.host.rpartition(":")[2]
        with pytest.raises(RegistryError) as caught:  # any other name than loopback is asked over TLS
            HttpRegistry(f"{socket.gethostname()}.invalid:{port}", NAME, environ={}).resolve("1.0")
        assert caught.value.code == "RM404"
        assert simulator.requests == []


def test_bytes_that_the_registry_finds_wrong_are_hashed_here_too(registry: HttpRegistry, package: Package) -> None:
    with pytest.raises(PackageError) as caught:
        registry.put_blob(Descriptor("x", package.model.digest, 4), BytesContent(b"data"))
    assert caught.value.code == "RM302"
    assert f"got `{digest_of(b'data')}`" in str(caught.value)
