"""A registry over HTTP: transfer, login, and everything that goes wrong on the way."""

import base64
import json
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from remotemedia.errors import RegistryError, RemoteMediaError
from remotemedia.registry import (
    Descriptor,
    HttpRegistry,
    LayoutDirectory,
    Manifest,
    PackageArchive,
    ProgressEvent,
    RetryPolicy,
    copy,
    media_types,
    referrers_tag,
)

from tests.registry.conftest import QUICK
from tests.registry.samples import Package, make_package, signed_package
from tests.simulators.registry import IDENTITY_TOKEN, PASSWORD, USERNAME, RegistrySimulator

NAME = "voice/tts"


def client(simulator: RegistrySimulator, environ: dict[str, str] | None = None) -> HttpRegistry:
    return HttpRegistry(simulator.host, NAME, environ=environ or {}, retry=QUICK)


def push(package: Package, registry: HttpRegistry, path: Path, tag: str = "1.0") -> None:
    with PackageArchive(package.pack(path / "x.rmpkg")) as archive:
        copy(archive, registry, archive.resolve(None), tag=tag)


def pull(registry: HttpRegistry, path: Path, tag: str = "1.0") -> LayoutDirectory:
    layout = LayoutDirectory(path)
    copy(registry, layout, registry.resolve(tag), tag=tag)
    return layout


def refusal(registry: HttpRegistry, path: Path, tag: str = "1.0") -> RemoteMediaError:
    """Pull, and give the error; nothing may be stored under the tag."""
    layout = LayoutDirectory(path / "refused")
    with pytest.raises(RemoteMediaError) as caught:
        copy(registry, layout, registry.resolve(tag), tag=tag)
    assert not (path / "refused/index.json").exists() or layout.tags() == []
    assert not list((path / "refused").glob("blobs/sha256/.*"))
    return caught.value


@pytest.fixture
def held(registry_simulator: RegistrySimulator, package: Package, tmp_path: Path) -> RegistrySimulator:
    """A registry that has the package as `1.0`; the log starts empty."""
    push(package, client(registry_simulator), tmp_path)
    registry_simulator.requests.clear()
    return registry_simulator


# Push and pull


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


def test_signatures_go_first_and_the_tag_last(
    registry_simulator: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    push(package, client(registry_simulator), tmp_path)
    puts = registry_simulator.paths("PUT")
    referrers = [f"/v2/{NAME}/manifests/{Manifest.parse(raw).descriptor.digest}" for raw in package.referrers]
    assert puts[-1] == f"/v2/{NAME}/manifests/1.0"
    assert max(puts.index(path) for path in referrers) < min(
        place for place, path in enumerate(puts) if package.model.digest.removeprefix("sha256:") in path
    )


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
    assert pull(registry, tmp_path / "a").resolve("1.0")


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


# Login


@pytest.fixture(params=["basic", "token"])
def private(request: pytest.FixtureRequest) -> Iterator[RegistrySimulator]:
    with RegistrySimulator(auth=request.param) as simulator:
        yield simulator


def docker_config(path: Path, content: object) -> dict[str, str]:
    (path / "config.json").write_text(json.dumps(content))
    return {"DOCKER_CONFIG": str(path)}


def auth(username: str = USERNAME, password: str = PASSWORD) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def test_scenario_handle_authentication(private: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    push(package, client(private, private.login()), tmp_path)
    pull(client(private, private.login()), tmp_path / "a")
    assert private.repository(NAME).tags == {"1.0": package.digest}


@pytest.mark.parametrize("form", ["{host}", "https://{host}", "http://{host}/", "{host}/v1/", "{host}/voice"])
def test_credentials_of_other_clients_are_found(
    private: RegistrySimulator, package: Package, tmp_path: Path, form: str
) -> None:
    environ = docker_config(tmp_path, {"auths": {form.format(host=private.host): {"auth": auth()}}})
    push(package, client(private, environ), tmp_path)


def test_credentials_in_the_home_directory(private: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    docker_config(tmp_path / ".docker", {"auths": {private.host: {"username": USERNAME, "password": PASSWORD}}})
    push(package, client(private, {"HOME": str(tmp_path)}), tmp_path)


def test_the_more_special_credentials_win(private: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    auths = {private.host: {"auth": auth(password="wrong")}, f"{private.host}/{NAME}": {"auth": auth()}}  # noqa: S106
    push(package, client(private, docker_config(tmp_path, {"auths": auths})), tmp_path)


@pytest.mark.parametrize("environ", [{}, {"REMOTEMEDIA_USERNAME": USERNAME, "REMOTEMEDIA_PASSWORD": "wrong"}])
def test_missing_or_wrong_credentials_are_refused(
    private: RegistrySimulator, package: Package, tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(RegistryError) as caught:
        push(package, client(private, environ), tmp_path)
    assert caught.value.code == "RM403"
    assert caught.value.hint is not None
    assert "REMOTEMEDIA_USERNAME" in caught.value.hint
    assert "wrong" not in str(caught.value).split(":", 1)[0]
    assert len(private.requests) <= 3


@pytest.mark.parametrize(
    "config", ["{", "[]", '{"auths":{"HOST":{"auth":"*"}}}', '{"auths":{"HOST":{"auth":"YQ=="}}}', '{"a":1,"a":1}']
)
def test_a_malformed_configuration_is_named(private: RegistrySimulator, tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config.replace("HOST", private.host))
    with pytest.raises(RegistryError) as caught:
        client(private, {"DOCKER_CONFIG": str(tmp_path)}).resolve("1.0")
    assert caught.value.code == "RM403"


def helper(path: Path, script: str) -> dict[str, str]:
    """Put a credential helper `test` on a PATH of its own."""
    program = path / "docker-credential-test"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{path}:/usr/bin:/bin"}


@pytest.mark.parametrize("field", ["credsStore", "credHelpers"])
def test_a_credential_helper_is_asked(private: RegistrySimulator, package: Package, tmp_path: Path, field: str) -> None:
    answer = json.dumps({"ServerURL": "", "Username": USERNAME, "Secret": PASSWORD})
    environ = helper(tmp_path, f"""read server; [ "$1 $server" = "get {private.host}" ] && echo '{answer}'""")
    environ |= docker_config(tmp_path, {field: "test" if field == "credsStore" else {private.host: "test"}})
    push(package, client(private, environ), tmp_path)


@pytest.mark.parametrize(
    "script", ["exit 1", "echo no; exit 1", "echo not json", "echo '{}'", "kill -9 $$", None], ids=str
)
def test_a_dead_helper_is_logged_and_stored_passwords_are_used(
    private: RegistrySimulator,
    package: Package,
    tmp_path: Path,
    script: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    environ = helper(tmp_path, script) if script is not None else {"PATH": str(tmp_path)}
    environ |= docker_config(tmp_path, {"credsStore": "test", "auths": {private.host: {"auth": auth()}}})
    with caplog.at_level(logging.WARNING, "remotemedia"):
        push(package, client(private, environ), tmp_path)
    assert "docker-credential-test" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_helper_that_knows_nothing_is_not_worth_a_word(
    private: RegistrySimulator, package: Package, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    environ = helper(tmp_path, "echo credentials not found in native keychain; exit 1")
    environ |= docker_config(tmp_path, {"credsStore": "test", "auths": {private.host: {"auth": auth()}}})
    push(package, client(private, environ), tmp_path)
    assert caplog.text == ""


@pytest.mark.parametrize("name", ["../../bin/sh", "a b", ""])
def test_a_helpers_name_is_no_path(private: RegistrySimulator, tmp_path: Path, name: str) -> None:
    environ = docker_config(tmp_path, {"credsStore": name, "auths": {private.host: {"auth": auth()}}})
    with pytest.raises(RegistryError) as caught:
        client(private, environ).resolve("1.0")
    assert caught.value.code == "RM402"  # logged in by `auths`, and there is no such package


def test_an_identity_token_is_exchanged(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(auth="token") as simulator:
        environ = docker_config(tmp_path, {"auths": {simulator.host: {"identitytoken": IDENTITY_TOKEN}}})
        push(package, client(simulator, environ), tmp_path)
        assert "/token" in simulator.paths("POST")
        assert all(IDENTITY_TOKEN not in (request.authorization or "") for request in simulator.requests)


def test_one_token_serves_a_whole_push(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(auth="token") as simulator:
        push(package, client(simulator, simulator.login()), tmp_path)
        assert len([path for path in simulator.paths("GET") if path.startswith("/token")]) <= 2


def test_a_token_that_expired_is_fetched_again(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(auth="token") as simulator:
        registry = client(simulator, simulator.login())
        push(package, registry, tmp_path)
        simulator.expire_tokens()
        assert registry.resolve("1.0").digest == package.digest
        simulator.expire_tokens()
        push(make_package("2"), registry, tmp_path, "2.0")


def test_a_token_that_is_never_accepted_ends_in_a_refusal(tmp_path: Path) -> None:
    with RegistrySimulator(auth="token") as simulator:
        simulator.faults.endless_token = True
        with pytest.raises(RegistryError) as caught:
            client(simulator, simulator.login()).resolve("1.0")
        assert caught.value.code == "RM403"
        assert len(simulator.requests) == 3


def test_reading_needs_no_login_where_none_is_asked(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(auth="token", anonymous_pull=True) as simulator:
        push(package, client(simulator, simulator.login()), tmp_path)
        assert pull(client(simulator), tmp_path / "a").resolve("1.0").digest == package.digest
        with pytest.raises(RegistryError) as caught:
            push(make_package("2"), client(simulator), tmp_path, "2.0")
        assert caught.value.code == "RM403"


def test_a_redirect_to_another_host_gets_no_credentials(package: Package, tmp_path: Path) -> None:
    with RegistrySimulator(auth="basic") as front, RegistrySimulator() as storage:
        push(package, client(front, front.login()), tmp_path)
        storage.repositories = front.repositories
        front.faults.blobs_at = storage.origin
        pull(client(front, front.login()), tmp_path / "a")
        assert len(storage.paths("GET")) >= 3
        assert all(request.authorization is None for request in storage.requests)
        assert all(request.headers.get("cookie") is None for request in storage.requests)


def test_an_endless_redirect_ends(held: RegistrySimulator, tmp_path: Path) -> None:
    held.faults.blobs_at = held.origin
    assert refusal(client(held), tmp_path).code == "RM406"


# Failures


def test_bytes_that_were_changed_are_refused(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.tampered = {package.model.digest}
    assert refusal(client(held), tmp_path).code == "RM405"
    assert not LayoutDirectory(tmp_path / "refused").has_blob(package.model)


def test_a_manifest_that_was_changed_is_refused(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.tampered = {package.digest}
    assert refusal(client(held), tmp_path).code == "RM405"


def test_a_signature_that_was_changed_is_refused(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.tampered = {Manifest.parse(package.referrers[0]).layers[0].digest}
    assert refusal(client(held), tmp_path).code == "RM405"
    assert package.model.digest not in str(held.paths("GET"))


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


def test_scenario_handle_fetch_failures_gracefully(held: RegistrySimulator) -> None:
    held.faults.unavailable = 100
    with pytest.raises(RegistryError) as caught:
        client(held).resolve("1.0")
    assert caught.value.code == "RM404"
    assert str(caught.value) == f'registry `{held.host}/{NAME}` answered 503: "UNAVAILABLE" "unavailable"'
    assert caught.value.hint is not None
    assert "--offline" in caught.value.hint
    assert len(held.requests) == QUICK.attempts


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
    registry_simulator.faults.upload_resets = 2
    push(package, client(registry_simulator), tmp_path)
    assert registry_simulator.repository(NAME).blobs == package.blobs


def test_a_package_that_is_not_there(held: RegistrySimulator) -> None:
    for tag in ("2.0", "sha256:" + "ab" * 32):
        with pytest.raises(RegistryError) as caught:
            client(held).resolve(tag)
        assert caught.value.code == "RM402"
        assert str(caught.value) == f"there is no `{tag}` in `{held.host}/{NAME}`"


def test_a_repository_that_is_not_there(registry: HttpRegistry) -> None:
    with pytest.raises(RegistryError) as caught:
        registry.tags()
    assert caught.value.code == "RM402"


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
    assert str(caught.value) == "registry `127.0.0.1` cannot be reached: connection refused"


def test_a_server_that_hangs_up_is_not_reachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        registry = HttpRegistry(f"127.0.0.1:{server.getsockname()[1]}", NAME, environ={}, retry=RetryPolicy(attempts=1))
        import threading

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
        lambda: registry.put_blob(package.model, [b""]),
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


def test_a_registry_that_stores_other_bytes_is_reported(registry: HttpRegistry, package: Package) -> None:
    with pytest.raises(RegistryError) as caught:
        registry.put_blob(Descriptor("x", package.model.digest, 4), [b"data"])
    assert caught.value.code == "RM406"
    assert "DIGEST_INVALID" in str(caught.value)
