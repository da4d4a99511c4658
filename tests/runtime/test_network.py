"""Where packages come from: mirrors where a registry is out of reach, advice where nothing is, what is configured."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError, RemoteMediaError, UsageError
from remotemedia.registry import HttpRegistry, RetryPolicy, copy
from remotemedia.runtime._config import Configuration, parse_mirrors, parse_size
from remotemedia.runtime.network import Network
from remotemedia.runtime.resolve import PullPolicy, ResolvedPackage, Resolver
from tests.registry.samples import Package, make_package
from tests.simulators.registry import RegistrySimulator

NOWHERE = "127.0.0.1:9"


@pytest.fixture
def simulator() -> Iterator[RegistrySimulator]:
    with RegistrySimulator() as simulator:
        yield simulator


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    return {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development", "HOME": str(home)}


def push(package: Package, simulator: RegistrySimulator, name: str, tag: str, path: Path) -> None:
    registry = HttpRegistry(simulator.host, name, environ={}, retry=RetryPolicy(attempts=1))
    copy(package.write(path / f"{name}-{tag}".replace("/", "-")), registry, package.descriptor, tag=tag)


def resolve(environ: dict[str, str], text: str, pull: str = "missing", **options: object) -> ResolvedPackage:
    network = Network(environ=environ, **options)  # type: ignore[arg-type] # each test has its own
    return Resolver(environ, network).resolve(text, pull=PullPolicy(pull))


def test_a_mirror_is_asked_where_the_registry_cannot_be_reached(
    simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path
) -> None:
    package = make_package("1", 4000)
    push(package, simulator, "mirror/tts", "1.0", tmp_path)
    mirrors = parse_mirrors([f"{NOWHERE}=127.0.0.1:10", f"{NOWHERE}={simulator.host}/mirror"])
    found = resolve(environ, f"oci://{NOWHERE}/tts:1.0", mirrors=mirrors)
    assert found.digest == package.digest
    del found
    simulator.requests.clear()
    assert resolve(environ, f"oci://{NOWHERE}/tts:1.0").digest == package.digest  # it is remembered by its own name
    assert simulator.requests == []


def test_mirrors_are_configured(simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path) -> None:
    push(make_package("1", 4000), simulator, "tts", "1.0", tmp_path)
    home = Path(environ["REMOTEMEDIA_HOME"])
    home.mkdir()
    (home / "config.json").write_text(json.dumps({"mirrors": {NOWHERE: simulator.host}}))
    assert resolve(environ, f"oci://{NOWHERE}/tts:1.0").config["name"] == "speech"


def test_a_registry_that_answers_is_asked_alone(
    simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path
) -> None:
    push(make_package("1", 4000), simulator, "tts", "1.0", tmp_path)
    mirrors = {simulator.host: (NOWHERE,)}
    resolve(environ, f"oci://{simulator.host}/tts:1.0", mirrors=mirrors)
    with pytest.raises(RegistryError) as caught:
        resolve(environ, f"oci://{simulator.host}/tts:2.0", mirrors=mirrors)
    assert caught.value.code == "RM402"
    assert "mirrors" not in caught.value.details


def test_a_mirror_cannot_give_another_package(
    simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path
) -> None:
    """Not for a digest: the registry's answer, or the user's own word, says what is wanted."""
    package = make_package("1", 4000)
    push(package, simulator, "tts", "1.0", tmp_path)
    simulator.faults.tampered = {package.digest}
    with pytest.raises(RegistryError) as caught:
        resolve(environ, f"oci://{NOWHERE}/tts@{package.digest}", mirrors={NOWHERE: (simulator.host,)})
    assert caught.value.code == "RM404"
    assert caught.value.details["mirrors"] == [simulator.host]
    assert "does not match" in caught.value.message


def test_a_failure_says_what_would_work(simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path) -> None:
    push(make_package("1", 4000), simulator, "tts", "1.0", tmp_path)
    one, two = f"oci://{simulator.host}/tts:1.0", f"oci://{simulator.host}/tts:2.0"
    first = resolve(environ, one)
    with pytest.raises(RegistryError) as caught:
        resolve(environ, two)
    assert caught.value.hint is not None
    assert f"in the cache are `{one}`" in caught.value.hint
    assert "python FILE" not in caught.value.hint
    assert caught.value.details["cached"] == {one: first.digest}
    with pytest.raises(RegistryError) as caught:
        resolve(environ, f"oci://{simulator.host}/tts")
    assert "no tag was named: `latest` was asked for" in str(caught.value.hint).splitlines()
    simulator.faults.unavailable, simulator.faults.retry_after = 9, "3600"
    with pytest.raises(RegistryError) as caught:
        resolve(environ, one, pull="always")
    assert caught.value.code == "RM404"
    assert caught.value.hint is not None
    assert f"runs without asking: `{first.digest}`" in caught.value.hint
    assert f"--mirror {simulator.host}=HOST" in caught.value.hint
    assert "python FILE" in caught.value.hint


def test_what_came_before_a_connection_was_lost_is_told(
    simulator: RegistrySimulator, environ: dict[str, str], tmp_path: Path
) -> None:
    package = make_package("1", 2_000_000)
    push(package, simulator, "tts", "1.0", tmp_path)
    simulator.faults.resets = {package.model.digest: [1_500_000, *[10] * 9]}
    with pytest.raises(RegistryError) as caught:
        resolve(environ, f"oci://{simulator.host}/tts:1.0")
    assert caught.value.code == "RM404"
    assert str(caught.value.hint).splitlines()[0] == "1.5 MB of it are kept; the next attempt goes on there"


def test_a_password_does_not_go_to_a_registry_that_a_package_chose(environ: dict[str, str], tmp_path: Path) -> None:
    with RegistrySimulator(auth="basic") as ours, RegistrySimulator(auth="basic") as theirs:
        package, environ = make_package("1", 4000), environ | ours.login()
        registry = HttpRegistry(ours.host, "tts", environ=environ)
        copy(package.write(tmp_path / "a"), registry, package.descriptor, tag="1.0")
        resolver = Resolver(environ, Network(environ=environ))
        within = resolver.within(resolver.resolve(f"oci://{ours.host}/tts:1.0"))
        with pytest.raises(RegistryError) as caught:
            within.resolve(f"oci://{theirs.host}/tts:1.0")
        assert caught.value.code == "RM403"
        assert theirs.requests
        assert all(request.authorization is None for request in theirs.requests)
        assert within.resolve(f"oci://{ours.host}/tts:1.0", pull=PullPolicy.ALWAYS).digest == package.digest


@pytest.mark.parametrize(("offline", "pull"), [(True, "missing"), (True, "always"), (False, "never")])
def test_what_is_not_here_may_not_be_fetched(environ: dict[str, str], offline: bool, pull: str) -> None:
    with pytest.raises(RegistryError) as caught:
        resolve(environ, f"oci://{NOWHERE}/tts:1.0", pull, offline=offline, mirrors={NOWHERE: ("mirror.example",)})
    assert caught.value.code == "RM407"


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("1500", 1500), (1500, 1500), ("20GB", 20 * 10**9), ("1.5 g", 1_500_000_000), ("16 GiB", 16 << 30)],
)
def test_sizes(text: str | int, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1", "1 PB", "1e9", "∞", True, "9" * 50 + "x"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="expected a size"):
        parse_size(text)


@pytest.mark.parametrize("word", ["", "host", "=x", "h=", "h=https://m", "h=m/UP", "h=m//", "h=m b"])
def test_what_is_no_mirror(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_mirrors([word])
    assert caught.value.code == "RM701"


@pytest.fixture
def places(environ: dict[str, str], tmp_path: Path) -> tuple[Path, Path]:
    """The files that the user and a project configure by."""
    home, project = Path(environ["REMOTEMEDIA_HOME"]), tmp_path / "project/.remotemedia"
    for place in (home, project):
        place.mkdir(parents=True)
    return home / "config.json", project / "config.json"


def test_a_project_may_make_the_cache_larger_and_no_smaller(
    environ: dict[str, str], tmp_path: Path, places: tuple[Path, Path]
) -> None:
    users, projects = places
    project = tmp_path / "project"
    assert Configuration.load(environ, project) == Configuration()
    projects.write_text('{"cache_size": 7}')
    assert Configuration.load(environ, project).cache_size is None
    users.write_text('{"cache_size": "1GB", "mirrors": {"a": ["b", "c/d"]}}')
    assert Configuration.load(environ, project) == Configuration(10**9, {"a": ("b", "c/d")})
    projects.write_text('{"cache_size": "2GB"}')
    assert Configuration.load(environ, project) == Configuration(2 * 10**9, {"a": ("b", "c/d")})
    assert Configuration.load(environ | {"REMOTEMEDIA_CACHE_SIZE": "8"}, project).cache_size == 8


@pytest.mark.parametrize(
    ("name", "value"),
    [("mirrors", {"registry.example": "evil.example"}), ("timestamp_url", "http://169.254.169.254/"), ("mirrors", 1)],
)
def test_a_project_cannot_say_whom_to_ask(  # noqa: PLR0917 - fixtures
    environ: dict[str, str],
    tmp_path: Path,
    places: tuple[Path, Path],
    caplog: pytest.LogCaptureFixture,
    name: str,
    value: object,
) -> None:
    _, projects = places
    projects.write_text(json.dumps({name: value}))
    assert Configuration.load(environ, tmp_path / "project") == Configuration()
    (told,) = caplog.messages
    assert told.startswith(f"`{name}` in `{projects}` is passed over")
    assert (
        Configuration.load(environ | {"REMOTEMEDIA_HOME": str(tmp_path / "none")}, tmp_path / "project").mirrors == {}
    )


@pytest.mark.parametrize("name", ["keyring", "policy", "plain_http", "offline", "ca_file", "username"])
def test_a_project_cannot_say_whom_to_trust(
    environ: dict[str, str], tmp_path: Path, places: tuple[Path, Path], name: str
) -> None:
    """Neither can the user, there: what has a place of its own is not known in this file."""
    for place in places:
        place.write_text(json.dumps({name: True}))
        with pytest.raises(RegistryError, match=f"`{name}` is not known") as caught:
            Configuration.load(environ, tmp_path / "project")
        assert caught.value.details["path"] == str(place)
        place.unlink()


def test_a_pipe_in_a_projects_place_keeps_nobody_waiting(
    environ: dict[str, str], tmp_path: Path, places: tuple[Path, Path]
) -> None:
    os.mkfifo(places[1])
    with pytest.raises(RegistryError, match="config") as caught:
        Configuration.load(environ, tmp_path / "project")
    assert caught.value.code == "RM412"


def test_a_home_that_is_the_projects_is_the_users(environ: dict[str, str], places: tuple[Path, Path]) -> None:
    _, projects = places
    projects.write_text('{"mirrors": {"a": "b"}}')
    own = environ | {"REMOTEMEDIA_HOME": str(projects.parent)}
    assert Configuration.load(own, projects.parent.parent).mirrors == {"a": ("b",)}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"cache_sise": 1}',
        '{"cache_size": "big"}',
        '{"cache_size": null}',
        '{"mirrors": []}',
        '{"mirrors": {"a": [1]}}',
        '{"mirrors": {"a": "https://b"}}',
        '{"mirrors": {"a": 1}}',
    ],
)
def test_a_malformed_configuration_is_refused_by_name(environ: dict[str, str], tmp_path: Path, content: str) -> None:
    home = Path(environ["REMOTEMEDIA_HOME"])
    home.mkdir()
    (home / "config.json").write_text(content)
    with pytest.raises(RemoteMediaError) as caught:
        Configuration.load(environ, tmp_path)
    assert caught.value.code == "RM412"
    assert "config.json" in caught.value.message
    if "sise" in content:
        assert caught.value.hint == "did you mean `cache_size`?"
