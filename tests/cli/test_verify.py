"""What `verify` asks of whom: a registry for what it has now, the cache only where that is said."""

from __future__ import annotations

import json
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
def pulled(registry: RegistrySimulator, build: Build, remotemedia: Command) -> str:
    """A package in the registry and in the cache, signed by the user's own key."""
    reference = f"oci://{registry.host}/team/double:1"
    assert remotemedia("push", reference, build()).returncode == 0
    assert remotemedia("pull", reference).returncode == 0
    registry.requests.clear()
    return reference


def verified(remotemedia: Command, reference: object, *flags: object) -> dict[str, Any]:
    done = remotemedia("verify", reference, "--json", *flags)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def signers(report: dict[str, Any]) -> set[str]:
    return {it["name"] for it in report["signers"]}


def layers(registry: RegistrySimulator, digest: str) -> set[str]:
    """Paths of what a package consists of: its configuration and its files."""
    _, raw = registry.repository("team/double").manifests[digest]
    manifest = json.loads(raw)
    return {f"/v2/team/double/blobs/{it['digest']}" for it in (manifest["config"], *manifest["layers"])}


def test_a_signature_that_was_added_in_the_registry_is_seen_and_no_layer_moves(
    pulled: str, registry: RegistrySimulator, remotemedia: Command
) -> None:
    assert remotemedia("keys", "generate", "release").returncode == 0
    assert remotemedia("sign", pulled, "--key", "release").returncode == 0
    assert signers(verified(remotemedia, pulled, "--offline")) == {"default"}
    registry.requests.clear()
    report = verified(remotemedia, pulled)
    assert (signers(report), report["source"]) == ({"default", "release"}, "registry")
    asked = registry.paths("GET")
    assert not layers(registry, report["digest"]) & set(asked)
    assert len([it for it in asked if "/referrers/" in it]) == 1
    assert "tag and signatures were asked for just now" in remotemedia("verify", pulled).stdout


def test_a_signature_that_was_removed_in_the_registry_is_gone(
    pulled: str, registry: RegistrySimulator, remotemedia: Command
) -> None:
    kept = registry.repository("team/double").manifests
    for digest in [digest for digest, (_, raw) in kept.items() if b'"subject"' in raw]:
        del kept[digest]
    assert verified(remotemedia, pulled, "--offline")["status"] == "trusted"
    done = remotemedia("verify", pulled)
    assert done.returncode == 3
    assert "error[RM501]" in done.stderr
    done = remotemedia("verify", pulled, "--offline")
    assert "error[RM407]" in done.stderr  # a package whose signatures changed and are refused is not kept


def test_a_tag_that_was_moved_is_followed(
    pulled: str, registry: RegistrySimulator, build: Build, remotemedia: Command
) -> None:
    before = verified(remotemedia, pulled)["digest"]
    assert remotemedia("push", pulled, build(DOUBLE.replace("factor=3", "factor=4"), name="next")).returncode == 0
    assert verified(remotemedia, pulled, "--offline")["digest"] == before
    now = verified(remotemedia, pulled)["digest"]
    assert now != before
    assert json.loads(remotemedia("inspect", pulled, "--offline", "--json").stdout)["digest"] == now


def test_offline_and_local_packages_are_asked_of_nobody(
    pulled: str, registry: RegistrySimulator, build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    layout = f"oci-layout:{tmp_path / 'layout'}:1"
    package = build(name="local")
    assert remotemedia("push", layout, package).returncode == 0
    digest = json.loads(remotemedia("cache", "list", "--json").stdout)["packages"][0]["digest"]
    places = {package: "file", layout: "layout", digest: "cache"}
    assert {name: verified(remotemedia, name)["source"] for name in places} == places
    assert verified(remotemedia, pulled, "--offline")["source"] == "cache"
    assert "no registry was asked" in remotemedia("verify", digest).stdout
    assert registry.requests == []


def test_a_registry_that_cannot_be_asked_is_told_with_what_would_do(
    pulled: str, registry: RegistrySimulator, remotemedia: Command
) -> None:
    registry.faults.unavailable = 1_000_000
    done = remotemedia("verify", pulled)
    assert done.returncode == 4
    assert "sha256:" in done.stderr
    assert verified(remotemedia, pulled, "--offline")["status"] == "trusted"
    done = remotemedia("verify", f"oci://{registry.host}/team/other:1", "--offline")
    assert "error[RM407]" in done.stderr


def test_pull_of_a_digest_that_is_cached_leaves_it_as_it_is(
    pulled: str, registry: RegistrySimulator, remotemedia: Command
) -> None:
    digest = verified(remotemedia, pulled, "--offline")["digest"]
    done = remotemedia("pull", digest)
    assert (done.returncode, registry.requests) == (0, [])
    assert "is here already" in done.stdout


@pytest.mark.parametrize("mode", ["development", "production"])
def test_who_is_not_trusted_is_refused_in_every_mode(
    mode: str, build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    """`run` and `pull` follow the mode; what `verify` says holds wherever it is asked."""
    own = {"REMOTEMEDIA_ENV": mode}
    done = remotemedia("verify", build(DOUBLE, "--unsigned", name="unsigned"), env=own)
    assert (done.returncode, "error[RM501]" in done.stderr) == (3, True)
    theirs = build()
    assert remotemedia("verify", theirs, env=own).returncode == 0
    done = remotemedia("verify", theirs, env={**own, "REMOTEMEDIA_HOME": str(tmp_path / "other")})
    assert (done.returncode, "error[RM502]" in done.stderr) == (3, True)


def test_what_is_refused_shows_how_far_it_came(build: Build, remotemedia: Command) -> None:
    package = build()
    assert remotemedia("verify", package).returncode == 0
    assert remotemedia("keys", "remove", "default", "--yes").returncode == 0
    done = remotemedia("verify", package)
    assert done.returncode == 3
    assert "    ok  5. the package is signed (`sign/v1`)\n    no  6. the signer is trusted\n" in done.stderr
    assert done.stderr.startswith(
        f"{json.loads(remotemedia('inspect', package, '--json').stdout)['digest']}\n  the signature\n"
    )
    assert done.stderr.index("no  6.") < done.stderr.index("error[RM502]")
    refused = json.loads(remotemedia("verify", package, "--json").stderr)["error"]
    assert {"number": 6, "text": "the signer is trusted", "ok": False, "about": ""} in refused["checks"]
