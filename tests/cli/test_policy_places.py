"""One package by several names: its rule is that of where it came from, and nobody else chooses it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DOUBLE, Build
from tests.conftest import Command
from tests.simulators.registry import RegistrySimulator


@pytest.fixture
def remotemedia(inside: Command) -> Command:
    """What is tested here starts no run, and most of a child's time would be its start."""
    return inside


@pytest.fixture
def package(build: Build, registry: RegistrySimulator, remotemedia: Command, home: Path) -> Path:
    """A file, the same as what was pulled; rules of its registry ask for a signature that it lacks."""
    file = build()
    for repository in ("team", "lab"):
        assert remotemedia("push", f"oci://{registry.host}/{repository}/double:1", file).returncode == 0
    assert remotemedia("pull", f"oci://{registry.host}/team/double:1").returncode == 0
    rules = f'[[rule]]\nname = "team"\nreference = "oci://{registry.host}/team/**"\nkeys = ["release"]\n'
    rules += f'[[rule]]\nname = "lab"\nreference = "oci://{registry.host}/lab/**"\ngrants = ["python"]\n'
    (home / "policy.toml").write_text(rules)
    (home / "policy.toml").chmod(0o600)
    assert remotemedia("keys", "generate", "release").returncode == 0
    return file


def explained(remotemedia: Command, reference: object) -> dict[str, Any]:
    done = remotemedia("policy", "test", reference, "--json")
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_a_digest_and_a_file_are_judged_as_the_package_that_was_pulled(
    package: Path, registry: RegistrySimulator, remotemedia: Command
) -> None:
    reference = f"oci://{registry.host}/team/double:1"
    digest = explained(remotemedia, reference)["digest"]
    for name in (reference, digest, package):
        report = explained(remotemedia, name)
        assert (report["rule"], report["matched_by"]) == ("team", reference)
        done = remotemedia("verify", name, "--offline")
        assert "error[RM517]: expected of the package, by the policy's rule `team`" in done.stderr
    assert f"rule `team` matches, as it was pulled by {reference}" in remotemedia("policy", "test", digest).stdout
    assert remotemedia("sign", package, "--key", "release").returncode == 0
    done = remotemedia("verify", package, "--json")
    assert json.loads(done.stdout)["rule"] == "team"


def test_fetching_it_from_elsewhere_does_not_change_its_rule(
    package: Path, registry: RegistrySimulator, remotemedia: Command
) -> None:
    team, lab = (f"oci://{registry.host}/{it}/double:1" for it in ("team", "lab"))
    digest = explained(remotemedia, team)["digest"]
    assert remotemedia("pull", lab).returncode == 0
    for name in (digest, package):
        done = remotemedia("verify", name)
        assert done.returncode == 3
        assert "error[RM522]: expected one rule of the policy" in done.stderr
        assert "`team`" in done.stderr
        assert "`lab`" in done.stderr
    assert explained(remotemedia, f"oci://{registry.host}/team/double@{digest}")["rule"] == "team"
    assert explained(remotemedia, lab)["grants"] == ["python"]


def test_a_digest_whose_tag_was_moved_is_still_from_its_repository(
    package: Path, registry: RegistrySimulator, build: Build, remotemedia: Command
) -> None:
    reference = f"oci://{registry.host}/team/double:1"
    digest = explained(remotemedia, reference)["digest"]
    newer = build(DOUBLE.replace("factor=3", "factor=4"), "--key", "release", name="newer")
    assert remotemedia("push", reference, newer).returncode == 0
    assert remotemedia("pull", reference).returncode == 0
    named = f"oci://{registry.host}/team/double@{digest}"
    assert named in remotemedia("cache", "list").stdout
    # `lab` has the very bytes, but nobody fetched them from there: without its registry the name alone says nothing.
    for name in (digest, named, f"oci://{registry.host}/lab/double@{digest}", "oci://elsewhere.example/x@" + digest):
        done = remotemedia("verify", name, "--offline")
        assert "error[RM517]: expected of the package, by the policy's rule `team`" in done.stderr
    assert explained(remotemedia, f"oci://{registry.host}/lab/double@{digest}")["rule"] == "lab"  # it was asked


def test_what_is_known_from_nowhere_gets_no_rule_by_a_name(
    package: Path, registry: RegistrySimulator, home: Path, remotemedia: Command
) -> None:
    digest = explained(remotemedia, f"oci://{registry.host}/team/double:1")["digest"]
    shutil.rmtree(home / "refs")
    for name in (digest, f"oci://{registry.host}/lab/double@{digest}"):
        done = remotemedia("verify", name, "--offline")
        assert "error[RM522]" in done.stderr
        assert "rule `team` is by place, and it is not known where it is from" in done.stderr
        assert f"oci://HOST/REPO@{digest}" in done.stderr
