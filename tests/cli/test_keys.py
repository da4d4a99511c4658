"""What a user's keys are told, and what keeps them from being lost by the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import DOUBLE, Build, Project
from tests.conftest import Command


@pytest.fixture
def remotemedia(inside: Command) -> Command:
    """What is tested here starts no run, and most of a child's time would be its start."""
    return inside


def names(remotemedia: Command) -> list[str]:
    return [it["name"] for it in json.loads(remotemedia("keys", "list", "--json").stdout)["keys"]]


def test_a_key_that_is_there_is_never_said_to_be_in_the_way(remotemedia: Command) -> None:
    remotemedia("keys", "generate")
    done = remotemedia("keys", "generate")
    assert (done.returncode, "keys export default --public" in done.stderr) == (1, True)
    assert "remove" not in done.stderr


def test_a_private_key_is_destroyed_only_on_demand(remotemedia: Command) -> None:
    remotemedia("keys", "generate")
    done = remotemedia("keys", "remove", "default")
    assert (done.returncode, names(remotemedia)) == (2, ["default"])
    assert "error[RM701]: expected `--yes`: the private key `default` would be destroyed" in done.stderr
    assert remotemedia("keys", "remove", "default", "--yes").returncode == 0
    assert names(remotemedia) == []


def test_what_is_trusted_already_is_trusted_again(remotemedia: Command, tmp_path: Path) -> None:
    """A runner that keeps its home does the same at each job."""
    public = tmp_path / "ann.pub"
    for name in ("first", "second"):
        remotemedia("keys", "generate", name)
    public.write_text(remotemedia("keys", "export", "first", "--public").stdout)
    assert [remotemedia("keys", "trust", public).returncode for _ in range(2)] == [0, 0]
    public.write_text(remotemedia("keys", "export", "second", "--public").stdout)
    done = remotemedia("keys", "trust", public)
    assert (done.returncode, "keys remove ann" in done.stderr) == (1, True)


def test_a_rotation_tells_the_end_of_the_key_that_it_replaces(remotemedia: Command) -> None:
    remotemedia("keys", "generate", "release")
    remotemedia("keys", "rotate", "release", "--grace", "90")
    before = {it["name"] for it in json.loads(remotemedia("keys", "list", "--json").stdout)["keys"]}
    told = json.loads(remotemedia("keys", "rotate", "release", "--grace", "0", "--json").stdout)
    after = json.loads(remotemedia("keys", "list", "--json").stdout)["keys"]
    assert [it["until"] for it in after if it["name"] not in before] == [told["old_until"]]
    assert "only for what is proven to be older" in remotemedia("keys", "rotate", "release", "--grace", "0").stdout


def test_a_wrong_password_is_said_to_be_one(remotemedia: Command) -> None:
    remotemedia("keys", "generate", "release", "--password-stdin", stdin="secret\n")
    done = remotemedia("keys", "export", "release", "--password-stdin", stdin="other\n")
    assert done.returncode == 1
    assert "expected the password of this key, got one that does not open it" in done.stderr
    assert "help:" not in done.stderr


def test_the_first_build_tells_of_the_key_that_it_makes(remotemedia: Command, project: Project, tmp_path: Path) -> None:
    source = project()
    first, second = (remotemedia("build", source, "-o", tmp_path / "out") for _ in range(2))
    (key,) = json.loads(remotemedia("keys", "list", "--json").stdout)["keys"]
    assert (
        first.stderr == f"made the key `default` ({key['fingerprint']}), your own: `{tmp_path}/home/keys/default.pem`\n"
    )
    assert second.stderr == ""
    assert first.stdout == second.stdout
    assert first.stdout.endswith(f"signed by `default` ({key['fingerprint']})\n")


def test_a_build_goes_into_a_directory_or_a_layout(remotemedia: Command, project: Project) -> None:
    done = remotemedia("build", project(), "-o", "oci://localhost/team/double:1")
    assert done.returncode == 2
    assert "remotemedia push oci://localhost/team/double:1" in done.stderr
    assert not Path("oci:").exists()


def test_who_must_have_signed_is_named_as_who_signs_is(build: Build, remotemedia: Command) -> None:
    for name in ("release", "other"):
        remotemedia("keys", "generate", name)
    package = build(DOUBLE, "--key", "release")
    remotemedia("keys", "rotate", "release")
    assert remotemedia("verify", package, "--key", "release").returncode == 0
    assert remotemedia("verify", package, "--key", "other").returncode == 3


@pytest.mark.parametrize("words", [("build",), ("verify",), ("sign",)])
def test_a_key_that_is_not_there_is_neither_a_name_nor_a_file(
    words: tuple[str], build: Build, remotemedia: Command
) -> None:
    package = build()
    done = remotemedia(*words, package, "--key", "nosuch")
    assert done.returncode == 1
    assert "error[RM506]: there is no key `nosuch`, neither of this name nor in a file" in done.stderr
    assert "remotemedia keys list" in done.stderr


def test_a_public_key_signs_nothing_whoever_may_read_it(project: Project, remotemedia: Command, tmp_path: Path) -> None:
    remotemedia("keys", "generate")
    public = tmp_path / "author.pub"
    public.write_text(remotemedia("keys", "export", "--public").stdout)
    done = remotemedia("build", project(), "--key", public)
    assert (done.returncode, "chmod" in done.stderr) == (1, False)
    assert "expected a private key in PEM, got a public key" in done.stderr


def test_a_private_key_is_not_printed_without_a_word(remotemedia: Command) -> None:
    remotemedia("keys", "generate")
    done = remotemedia("keys", "export")
    assert done.stdout.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert (
        done.stderr == "this is the private key, and not encrypted; `--public` prints what others need to trust you\n"
    )
    assert remotemedia("keys", "export", "--public").stderr == ""


def test_a_home_that_cannot_be_made_is_said_to_be_one(remotemedia: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = remotemedia("keys", "generate", env={"REMOTEMEDIA_HOME": str(tmp_path / "file/home")})
    assert done.returncode == 1
    assert f"the home directory `{tmp_path}/file/home` cannot be written" in done.stderr
    assert "REMOTEMEDIA_HOME" in done.stderr
