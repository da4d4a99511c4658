"""What works here: `doctor` reads what is set up as the commands read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Command


@pytest.fixture
def remotemedia(inside: Command) -> Command:
    """What is tested here starts no run, and most of a child's time would be its start."""
    return inside


@pytest.fixture
def docker(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration, and no other that clients of registries have."""
    directory = tmp_path / "docker"
    for each in (directory, home):
        each.mkdir(exist_ok=True)
    monkeypatch.setenv("DOCKER_CONFIG", str(directory))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(directory))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    return directory / "config.json"


def test_what_is_set_up_is_told(docker: Path, home: Path, remotemedia: Command) -> None:
    docker.write_text('{"auths": {"registry.example": {}}}')
    (home / "config.json").write_text('{"cache_size": "1GB"}')
    remotemedia("keys", "generate")
    fingerprint = json.loads(remotemedia("keys", "list", "--json").stdout)["keys"][0]["fingerprint"]
    done = remotemedia("doctor", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["setup"] == {
        "config": {"ok": True, "state": "cache_size"},
        "policy": {"ok": True, "state": "none: keyring and mode decide"},
        "keys": {"ok": True, "state": f"1 own (`default` {fingerprint}), 0 trusted"},
        "approvals": {"ok": True, "state": "0 packages"},
        "logins": {"ok": True, "state": "registry.example"},
        "cache": {"ok": True, "state": "0 packages, 0 B"},
    }


def test_each_thing_that_cannot_be_used_is_named(docker: Path, home: Path, remotemedia: Command) -> None:
    docker.write_text('{"credsStore": "nosuch"}')
    for name in ("config.json", "policy.toml", "approvals.json"):
        (home / name).write_text("broken")
    (home / "keys").mkdir()
    (home / "keys/default.pem").write_text("broken")
    (home / "keys/default.pem").chmod(0o600)
    done = remotemedia("doctor", "--json")
    assert done.returncode == 1
    wrong = {name: it["state"] for name, it in json.loads(done.stdout)["setup"].items() if not it["ok"]}
    assert {name: state[-6:-1] for name, state in wrong.items()} == {
        "config": "RM412",
        "policy": "RM516",
        "keys": "RM506",
        "approvals": "RM508",
        "logins": "RM413",
    }
    assert (
        "logins        wrong: `docker-credential-nosuch` failed (it is not installed) (RM413)"
        in remotemedia("doctor").stdout
    )
