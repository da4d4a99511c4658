"""The options of the network: the same for every command, and `--offline` means it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from remotemedia.cli._main import app
from remotemedia.registry import HttpRegistry, LayoutDirectory, RetryPolicy, copy
from tests.cli.conftest import Build
from tests.conftest import Command
from tests.registry.samples import Package, signed_package
from tests.simulators.registry import PASSWORD, USERNAME, RegistrySimulator

OPTIONS = {"--offline", "--plain-http", "--ca-file", "--client-cert", "--client-key", "--mirror"}
SIGNER = {"--certificate", "--keyless", "--identity-token", "--trust-config", "--timestamp-url"}
REFERENCE = "oci://registry.example/team/tts:1.0"

# Runs commands one after the other, and tells of each how it ended and which sockets it wanted.
WATCHED = """\
import json, sys
seen = []

def watch(event, arguments):
    if event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto", "socket.bind"}:
        seen.append(event)
    elif event == "socket.__new__" and str(arguments[1]) not in {"1", "AddressFamily.AF_UNIX"}:
        seen.append(event)

sys.addaudithook(watch)
from remotemedia.cli._main import app
from remotemedia.errors import RemoteMediaError

ended = {}
for name, words in json.loads(sys.argv[1]).items():
    seen.clear()
    try:
        app(words, standalone_mode=False)
        how = None
    except RemoteMediaError as error:
        how = error.code
    ended[name] = [how, sorted(set(seen))]
print(json.dumps(ended), file=sys.stderr)
"""


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(command, "commands"):
        yield words, command
        return
    for name, child in command.commands.items():
        yield from commands(child, (*words, name))


COMMANDS = dict(commands(typer.main.get_command(app)))
ON_NETWORK = {words: it for words, it in COMMANDS.items() if any("--offline" in each.opts for each in it.params)}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_all_options_of_the_network_or_none(words: tuple[str, ...]) -> None:
    options = {name for it in COMMANDS[words].params for name in it.opts}
    assert options & OPTIONS in (OPTIONS, set())


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_all_options_of_a_signer_or_none(words: tuple[str, ...]) -> None:
    options = {name for it in COMMANDS[words].params for name in it.opts}
    assert options & SIGNER in (SIGNER, set())
    assert (options >= SIGNER) is (words in {("build",), ("sign",)})


def test_commands_that_use_the_network_have_its_options() -> None:
    expected = {"push", "pull", "tags", "copy", "login", "run", "inspect", "verify", "approve"}
    assert {(it,) for it in expected} <= set(ON_NETWORK)


@pytest.fixture(scope="module")
def package() -> Package:
    return signed_package()


def arguments(words: tuple[str, ...], package: Path, directory: Path) -> list[str]:
    """What a command needs to want the network; a new one gets the reference for its arguments."""
    layout, source = directory / "layout", directory / "pipeline.py"
    source.write_text(
        "from remotemedia import Pipeline\nfrom remotemedia.nodes import PassThroughNode\n\n"
        "p = Pipeline('p')\np.add(PassThroughNode())\n"
    )
    special = {
        "build": [str(source), "--unsigned", "--check", REFERENCE],
        "push": [REFERENCE, str(package)],
        "copy": [REFERENCE, f"oci-layout:{layout}"],
        "login": ["registry.example", "--username", "ann", "--password-stdin"],
    }
    command = ON_NETWORK[words]
    required = [it for it in command.params if it.param_type_name == "argument"]
    return [*words, *special.get(words[-1], [REFERENCE] * len(required[:1]))]


@pytest.mark.parametrize("offline", [True, False], ids=["offline", "not so"])
def test_offline_opens_no_socket(offline: bool, package: Package, home: Path, tmp_path: Path) -> None:
    """Neither does a name get looked up. Without the option each command tries, which shows that we would see it."""
    file = package.pack(tmp_path / "x.rmpkg")
    calls = {" ".join(words): arguments(words, file, tmp_path) for words in ON_NETWORK}
    if offline:
        calls = {name: [*words, "--offline"] for name, words in calls.items()}
    else:  # nothing answers there, and nobody is asked by name
        calls = {name: [it.replace("registry.example", "127.0.0.1:9") for it in words] for name, words in calls.items()}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, json.dumps(calls)],
        input="secret\n" * len(calls),
        env={**os.environ, "HOME": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    ended = json.loads(done.stderr.splitlines()[-1])
    assert ended.keys() == calls.keys()
    for name, (code, sockets) in ended.items():
        assert code == ("RM407" if offline else "RM404"), name
        assert bool(sockets) is not offline, name


# Tags, copies, logins


@pytest.fixture
def registry() -> Iterator[RegistrySimulator]:
    with RegistrySimulator() as simulator:
        yield simulator


@pytest.fixture
def pushed(registry: RegistrySimulator, package: Package, tmp_path: Path) -> str:
    target = HttpRegistry(registry.host, "team/tts", environ={}, retry=RetryPolicy(attempts=1))
    copy(package.write(tmp_path / "source"), target, package.descriptor, tag="1.0")
    return f"oci://{registry.host}/team/tts:1.0"


def test_tags_are_listed(pushed: str, registry: RegistrySimulator, remotemedia: Command) -> None:
    tags = registry.repository("team/tts").tags
    tags |= {"latest": tags["1.0"], f"sha256-{'0' * 64}": tags["1.0"]}
    assert remotemedia("tags", pushed).stdout == "1.0\nlatest\n"
    assert json.loads(remotemedia("tags", pushed, "--json").stdout) == {"reference": pushed, "tags": ["1.0", "latest"]}
    assert "error[RM402]" in remotemedia("tags", f"oci://{registry.host}/none").stderr


def test_a_package_is_copied_from_place_to_place(
    pushed: str, registry: RegistrySimulator, package: Package, remotemedia: Command, tmp_path: Path
) -> None:
    done = remotemedia("copy", pushed, f"oci-layout:{tmp_path / 'layout'}", "--json")
    assert done.returncode == 0, done.stderr
    fields = json.loads(done.stdout)
    assert fields == {"source": pushed, "reference": f"oci-layout:{tmp_path / 'layout'}:1.0", "digest": package.digest}
    back = remotemedia("copy", fields["reference"], f"oci://{registry.host}/other/tts:2")
    assert back.returncode == 0, back.stderr
    assert registry.repository("other/tts").tags == {"2": package.digest}
    assert len(LayoutDirectory(tmp_path / "layout").referrers(package.digest)) == 2
    refused = remotemedia("copy", pushed, f"oci://{registry.host}/other@{package.digest}")
    assert "error[RM401]" in refused.stderr


def test_a_package_becomes_the_file_again_that_was_built(
    registry: RegistrySimulator, build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    built, reference = build(), f"oci://{registry.host}/team/double:1.0"
    assert remotemedia("push", reference, built).returncode == 0
    first, second = tmp_path / "first.rmpkg", tmp_path / "second.rmpkg"
    done = remotemedia("copy", reference, first)
    assert done.returncode == 0, done.stderr
    assert remotemedia("copy", first, f"oci-layout:{tmp_path / 'layout'}:x").returncode == 0
    assert remotemedia("copy", f"oci-layout:{tmp_path / 'layout'}:x", second).returncode == 0
    assert first.read_bytes() == second.read_bytes() == built.read_bytes()
    assert "error[RM307]" in remotemedia("copy", reference, tmp_path / "none/x.rmpkg").stderr
    assert not list(tmp_path.glob(".*"))


def test_what_is_cached_is_copied(pushed: str, package: Package, remotemedia: Command, tmp_path: Path) -> None:
    assert remotemedia("pull", pushed).returncode == 0
    done = remotemedia("copy", package.digest, f"oci-layout:{tmp_path / 'layout'}:x", "--offline")
    assert done.returncode == 0, done.stderr
    assert LayoutDirectory(tmp_path / "layout").tags() == ["x"]


def test_login_and_logout(remotemedia: Command, tmp_path: Path) -> None:
    env = {"DOCKER_CONFIG": str(tmp_path / "docker"), "REMOTEMEDIA_USERNAME": ""}
    config = tmp_path / "docker/config.json"
    with RegistrySimulator(auth="token") as registry:
        words = ("login", registry.host, "-u", USERNAME)
        wrong = remotemedia(*words, "--password-stdin", stdin="wrong\n", env=env)
        assert "error[RM403]" in wrong.stderr
        assert not config.exists()
        asked = remotemedia(*words, stdin=PASSWORD, env=env)
        assert asked.returncode == 2
        assert "--password-stdin" in asked.stderr
        done = remotemedia(*words, "--password-stdin", stdin=f"{PASSWORD}\n", env=env)
        assert done.returncode == 0, done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        assert str(config) in done.stdout
        reference = f"oci://{registry.host}/team/tts"
        assert "error[RM402]" in remotemedia("tags", reference, env=env).stderr  # it is let in
        assert json.loads(remotemedia("logout", registry.host, "--json", env=env).stdout)["known"]
        assert "error[RM403]" in remotemedia("tags", reference, env=env).stderr
        assert "there was no login" in remotemedia("logout", registry.host, env=env).stdout


def test_a_failing_helper_is_told_of(pushed: str, remotemedia: Command, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"credsStore": "gone"}')
    with RegistrySimulator(auth="basic") as registry:
        done = remotemedia("tags", f"oci://{registry.host}/a", env={"DOCKER_CONFIG": str(tmp_path)})
    assert done.stderr.startswith("warning: `docker-credential-gone` failed")
    assert "error[RM403]" in done.stderr
    assert f"remotemedia login {registry.host}" in done.stderr


# Whom a project, and a build, may have us ask


def test_what_a_clone_configures_is_told_and_not_done(
    remotemedia: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RegistrySimulator() as theirs:
        (tmp_path / ".remotemedia").mkdir()
        (tmp_path / ".remotemedia/config.json").write_text(json.dumps({"mirrors": {"127.0.0.1:9": theirs.host}}))
        monkeypatch.chdir(tmp_path)
        done = remotemedia("pull", "oci://127.0.0.1:9/a")
        assert theirs.requests == []
    assert done.returncode == 4
    assert "warning: `mirrors` in `.remotemedia/config.json` is passed over" in done.stderr


@pytest.mark.parametrize("option", ["--lock-python", "--vendor-wheels"])
def test_a_build_that_is_offline_asks_no_index(remotemedia: Command, tmp_path: Path, option: str) -> None:
    done = remotemedia("build", tmp_path / "pipeline.py", "--unsigned", option, "--offline")
    assert done.returncode == 4
    assert "error[RM416]: expected a network for pip's index, got `--offline`" in done.stderr
