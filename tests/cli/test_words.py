"""Words of the command line that are nearly right: what is said is of them, not of what was made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia.cli._host import host_of
from remotemedia.errors import UsageError
from tests.cli.conftest import Project
from tests.conftest import Command


@pytest.fixture
def remotemedia(inside: Command) -> Command:
    """What is tested here starts no run, and most of a child's time would be its start."""
    return inside


@pytest.mark.parametrize(
    "text", ["Registry.example:5000", "oci://registry.example:5000", "http://registry.example:5000/"]
)
def test_a_registry_may_be_named_with_a_scheme(text: str) -> None:
    assert host_of(text) == "registry.example:5000"


@pytest.mark.parametrize("command", ["login", "logout"])
@pytest.mark.parametrize(
    "text", ["registry.example/team", "oci://registry.example/team", "oci://", "a b", "oci://oci://a"]
)
def test_what_is_no_registry_is_refused_in_its_own_words(text: str, command: str, remotemedia: Command) -> None:
    done = remotemedia(command, text)
    assert done.returncode == 2
    assert f"error[RM701]: expected `HOST[:PORT]` of a registry, got `{text}`\n" in done.stderr
    with pytest.raises(UsageError):
        host_of(text)


def test_a_way_to_optimize_stands_behind_an_equals_sign(remotemedia: Command, project: Project) -> None:
    done = remotemedia("build", "--optimize", "fp16", project())
    assert done.returncode == 2
    assert "error[RM701]: expected `--optimize=fp16`, got `--optimize fp16`" in done.stderr


def test_a_policy_that_is_not_there_is_not_said_to_be_checked(remotemedia: Command, home: Path) -> None:
    done = remotemedia("policy", "check")
    assert (done.returncode, done.stdout) == (
        0,
        f"there is no policy.toml in `{home}`: keyring and mode decide\n",
    )
    home.mkdir(exist_ok=True)
    (home / "policy.toml").write_text("rules = 1\n")
    done = remotemedia("policy", "check")
    assert (done.returncode, "error[RM516]" in done.stderr, "policy check" in done.stderr) == (1, True, False)


def test_a_push_looks_at_its_target_before_it_looks_for_a_package(
    remotemedia: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "error[RM401]" in remotemedia("push", "registry.example/team").stderr
    done = remotemedia("push", f"oci-layout:{tmp_path}/store")
    assert (done.returncode, "error[RM319]: there is no package in" in done.stderr) == (2, True)
    assert "remotemedia build FILE" in done.stderr


def test_a_directory_is_not_said_to_be_missing(
    remotemedia: Command, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = project()
    monkeypatch.chdir(source.parent)
    done = remotemedia("build", ".")
    assert (done.returncode, "found a directory" in done.stderr) == (1, True)
    assert "did you mean `pipeline.py` in it?" in done.stderr
    assert "name the file that builds the pipeline" in remotemedia("build", tmp_path).stderr
