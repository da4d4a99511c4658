"""Logins: where they are looked for, and how they are kept."""

import base64
import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError
from remotemedia.registry import Credentials, check_login, erase_login, find_credentials, store_login
from tests.simulators.registry import PASSWORD, USERNAME, RegistrySimulator

HOST = "registry.example:5000"
ANN = Credentials("ann", "s3cret")


def auth(username: str, password: str = "s3cret") -> dict[str, str]:  # noqa: S107 - of no account
    return {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}


def write(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}


def helper(path: Path, script: str) -> None:
    program = path / "docker-credential-test"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


# A helper that keeps one secret in a file beside it.
KEEPER = """\
here=$(dirname "$0")
case "$1" in
  store) cat > "$here/kept" ;;
  get) read server; echo "$server" >> "$here/asked"; [ -e "$here/kept" ] && cat "$here/kept" || { echo "credentials not found in native keychain"; exit 1; } ;;
  erase) cat > /dev/null; rm "$here/kept" ;;
esac
"""  # noqa: E501 - a program


@pytest.mark.parametrize(
    "variables",
    [
        {"REGISTRY_AUTH_FILE": "{0}/auth.json"},
        {"XDG_RUNTIME_DIR": "{0}/run"},
        {"XDG_CONFIG_HOME": "{0}/other"},
        {},
    ],
    ids=["named", "runtime directory", "configuration directory", "home"],
)
def test_podmans_logins_are_found(environ: dict[str, str], tmp_path: Path, variables: dict[str, str]) -> None:
    environ |= {name: value.format(tmp_path) for name, value in variables.items()}
    places = {"REGISTRY_AUTH_FILE": "auth.json", "XDG_RUNTIME_DIR": "run/containers/auth.json"}
    places["XDG_CONFIG_HOME"] = "other/containers/auth.json"
    place = next((places[name] for name in variables), ".config/containers/auth.json")
    write(tmp_path / place, {"auths": {f"{HOST}/team": auth("ann")}})
    assert find_credentials(HOST, "team/tts", environ) == ANN
    assert find_credentials(HOST, "other/tts", environ) is None


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_repository_may_be_named_like_a_version_of_the_api(
    environ: dict[str, str], tmp_path: Path, version: str
) -> None:
    write(tmp_path / ".docker/config.json", {"auths": {f"{HOST}/acme/{version}": auth("ann")}})
    assert find_credentials(HOST, f"acme/{version}", environ) == ANN
    assert find_credentials(HOST, "acme/other", environ) is None
    assert find_credentials(HOST, "acme", environ) is None
    assert not erase_login(f"{HOST}/acme", environ)


def test_the_first_file_that_knows_the_registry_counts(environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / ".config/containers/auth.json", {"auths": {HOST: auth("podman")}})
    found = find_credentials(HOST, "tts", environ)
    assert found is not None
    assert found.username == "podman"
    write(tmp_path / ".docker/config.json", {"auths": {"else.example": auth("no"), HOST: auth("docker")}})
    found = find_credentials(HOST, "tts", environ)
    assert found is not None
    assert found.username == "docker"
    environ["REGISTRY_AUTH_FILE"] = str(write(tmp_path / "mine.json", {"auths": {HOST: auth("named")}}))
    found = find_credentials(HOST, "tts", environ)
    assert found is not None
    assert found.username == "named"
    environ |= {"REMOTEMEDIA_USERNAME": "ann", "REMOTEMEDIA_PASSWORD": "s3cret"}
    assert find_credentials(HOST, "tts", environ) == ANN


def test_a_login_is_kept_as_docker_keeps_it(environ: dict[str, str], tmp_path: Path) -> None:
    path = write(tmp_path / ".docker/config.json", {"HttpHeaders": {"A": "b"}, "auths": {f"https://{HOST}/": {}}})
    path.chmod(0o644)
    assert store_login(HOST, ANN, environ) == str(path)
    assert json.loads(path.read_text()) == {"HttpHeaders": {"A": "b"}, "auths": {HOST: auth("ann")}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert find_credentials(HOST, "tts", environ) == ANN
    assert erase_login(HOST, environ)
    assert json.loads(path.read_text()) == {"HttpHeaders": {"A": "b"}, "auths": {}}
    assert not erase_login(HOST, environ)
    assert [it.name for it in path.parent.iterdir()] == ["config.json"]


def test_a_first_login_makes_the_file(environ: dict[str, str], tmp_path: Path) -> None:
    environ["DOCKER_CONFIG"] = str(tmp_path / "new/place")
    store_login("docker.io", ANN, environ)
    document = json.loads((tmp_path / "new/place/config.json").read_text())
    assert document == {"auths": {"https://index.docker.io/v1/": auth("ann")}}
    assert find_credentials("registry-1.docker.io", "library/tts", environ) == ANN
    assert stat.S_IMODE((tmp_path / "new/place").stat().st_mode) == 0o700


def test_a_linked_configuration_stays_a_link(environ: dict[str, str], tmp_path: Path) -> None:
    target = write(tmp_path / "dotfiles/docker.json", {"a": 1})
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").symlink_to(target)
    store_login(HOST, ANN, environ)
    assert (tmp_path / ".docker/config.json").is_symlink()
    assert json.loads(target.read_text()) == {"a": 1, "auths": {HOST: auth("ann")}}


@pytest.mark.parametrize("field", ["credsStore", "credHelpers"])
def test_a_helper_keeps_the_login(environ: dict[str, str], tmp_path: Path, field: str) -> None:
    helper(tmp_path, KEEPER)
    path = write(tmp_path / ".docker/config.json", {field: "test" if field == "credsStore" else {HOST: "test"}})
    assert not erase_login(HOST, environ)
    assert store_login(HOST, ANN, environ) == "docker-credential-test"
    assert json.loads((tmp_path / "kept").read_text()) == {"ServerURL": HOST, "Username": "ann", "Secret": "s3cret"}
    assert "s3cret" not in path.read_text()
    assert json.loads(path.read_text())["auths"] == {HOST: {}}
    assert find_credentials(HOST, "tts", environ) == ANN
    assert erase_login(HOST, environ)
    assert not (tmp_path / "kept").exists()
    assert json.loads(path.read_text())["auths"] == {}


@pytest.mark.parametrize(
    "document",
    [{"credsStore": "test", "auths": {"Registry.Example:443": {}}}, {"credHelpers": {"Registry.Example:443": "test"}}],
)
def test_a_helper_is_asked_by_the_name_that_it_knows(
    environ: dict[str, str], tmp_path: Path, document: dict[str, object]
) -> None:
    helper(tmp_path, KEEPER)
    write(tmp_path / "kept", {"Username": "ann", "Secret": "s3cret"})
    write(tmp_path / ".docker/config.json", document)
    assert find_credentials("registry.example", "tts", environ) == ANN
    assert (tmp_path / "asked").read_text() == "Registry.Example:443\n"


def test_a_helper_that_fails_to_keep_is_no_success(environ: dict[str, str], tmp_path: Path) -> None:
    helper(tmp_path, "echo the keychain is locked; exit 1")
    path = write(tmp_path / ".docker/config.json", {"credsStore": "test"})
    with pytest.raises(RegistryError, match="the keychain is locked") as caught:
        store_login(HOST, ANN, environ)
    assert caught.value.code == "RM413"
    assert "s3cret" not in str(caught.value)
    assert json.loads(path.read_text()) == {"credsStore": "test"}


def test_a_dead_helper_does_not_hide_stored_passwords(
    environ: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / ".docker/config.json", {"credsStore": "gone", "auths": {HOST: auth("ann")}})
    with caplog.at_level(logging.WARNING, "remotemedia"):
        assert find_credentials(HOST, "tts", environ) == ANN
    assert "docker-credential-gone" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_configuration_that_cannot_be_read_is_not_overwritten(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / ".docker/config.json"
    path.parent.mkdir()
    for content in ("{", '{"auths": []}'):
        path.write_text(content)
        with pytest.raises(RegistryError) as caught:
            store_login(HOST, ANN, environ)
        assert caught.value.code == "RM403"
        assert path.read_text() == content


def test_a_directory_that_cannot_be_made(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RegistryError) as caught:
        store_login(HOST, ANN, environ | {"DOCKER_CONFIG": str(tmp_path / "file/x")})
    assert caught.value.code == "RM413"


@pytest.fixture(params=["basic", "token"])
def private(request: pytest.FixtureRequest) -> Iterator[RegistrySimulator]:
    with RegistrySimulator(auth=request.param) as simulator:
        yield simulator


def test_a_password_is_tried(private: RegistrySimulator) -> None:
    assert check_login(private.host, Credentials(USERNAME, PASSWORD), environ={})
    for wrong in (Credentials(USERNAME, "wrong"), Credentials("eve", PASSWORD)):
        with pytest.raises(RegistryError) as caught:
            check_login(private.host, wrong, environ={})
        assert caught.value.code == "RM403"
    assert all("repository%3A" not in request.path for request in private.requests)


def test_a_registry_that_lets_anybody_in_tries_nothing() -> None:
    with RegistrySimulator() as simulator:
        assert not check_login(simulator.host, Credentials("eve", "any"), environ={})
        assert all(request.authorization is None for request in simulator.requests)


def test_passwords_are_not_shown() -> None:
    assert "s3cret" not in repr(ANN)
    assert "token" not in repr(Credentials(identity_token="token-of-ann")).replace("identity_token", "")  # noqa: S106


def test_a_password_that_is_no_text_is_sent_as_it_is() -> None:
    """As `os.environ` gives bytes that are no UTF-8 (PEP 383)."""
    assert base64.b64decode(Credentials("ann", "caf\udce9").encoded) == b"ann:caf\xe9"
