"""Who we are to a registry, and that nobody else learns it."""

import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError
from remotemedia.registry._referrers import JOBS
from tests.registry.samples import Package, make_package
from tests.registry.transfers import NAME, client, pull, push, refusal
from tests.simulators.registry import IDENTITY_TOKEN, PASSWORD, USERNAME, RegistrySimulator


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


def test_credentials_of_the_environment_go_to_the_registry_it_names(
    private: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    elsewhere = {**private.login(), "REMOTEMEDIA_REGISTRY": "registry.example"}
    with pytest.raises(RegistryError) as caught:
        push(package, client(private, elsewhere), tmp_path)
    assert "`REMOTEMEDIA_USERNAME` is for `registry.example` alone" in str(caught.value.hint)
    assert not any("Authorization" in request.headers for request in private.requests)
    for named in (private.host, f"https://{private.host}/"):
        push(package, client(private, {**elsewhere, "REMOTEMEDIA_REGISTRY": named}), tmp_path)


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_refusal_says_whose_password_was_tried(
    private: RegistrySimulator, package: Package, tmp_path: Path, password: str
) -> None:
    stored = docker_config(tmp_path, {"auths": {private.host: {"auth": auth(password="wrong")}}})  # noqa: S106
    given = {"REMOTEMEDIA_USERNAME": USERNAME, "REMOTEMEDIA_PASSWORD": password}
    sources = {"`REMOTEMEDIA_USERNAME`": given, f"`{tmp_path / 'config.json'}`": stored}
    for source, environ in sources.items():
        with pytest.raises(RegistryError) as caught:
            push(package, client(private, environ), tmp_path)
        assert f"user `{USERNAME}` of {source}" in str(caught.value)
        assert ("without `REMOTEMEDIA_PASSWORD`" in str(caught.value)) is (environ is given and not password)


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
    assert len(private.requests) <= 2 * JOBS  # of those that were under way when the first was refused


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
