"""What a run may use beyond its command line: approvals, rules of a policy, and what development grants by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import TrustError
from remotemedia.registry import Descriptor, Manifest, Reference, media_types
from remotemedia.runtime._approvals import Approval, Approvals
from remotemedia.runtime._choice import NodeChoice
from remotemedia.runtime._granted import granted
from remotemedia.runtime._nested import NestedPackage
from remotemedia.runtime._places import place_of
from remotemedia.runtime._trust import load_policy
from remotemedia.runtime.resolve import ResolvedPackage
from remotemedia.trust import Mode, Rule, Status, Verdict

DIGEST = f"sha256:{'0' * 64}"
NET = "net=api.example:443"


def package(letter: str, *, status: Status = "trusted", **fields: Any) -> ResolvedPackage:
    """A package as the resolver gives it, of which nothing but its documents is missing."""
    config = Descriptor(media_types.PACKAGE_CONFIG, DIGEST, 2)
    manifest = Manifest(b"{}", media_types.PACKAGE, config, (), None, {})
    verdict = Verdict(status, status, (), ())
    given: dict[str, Any] = {"mode": Mode.DEVELOPMENT, **fields}
    digest = f"sha256:{letter * 64}"
    file = Reference.parse("x.rmpkg")
    return ResolvedPackage(Path(), manifest, file, file, digest, verdict, {}, **given)


def wants(node: str, *grants: str) -> NodeChoice:
    return NodeChoice(node, "python-wasm", wants=dict.fromkeys(grants, "because"))


@pytest.mark.parametrize(
    ("fields", "is_granted"),
    [
        ({}, True),
        ({"status": "untrusted"}, False),
        ({"status": "unsigned"}, False),
        ({"mode": Mode.PRODUCTION}, False),
    ],
)
def test_development_grants_connections_to_packages_of_the_trusted(
    tmp_path: Path, fields: dict[str, Any], *, is_granted: bool
) -> None:
    grants, notices = granted(package("a", **fields), (), tmp_path, choices=[wants("A", NET, "python")])
    assert grants.missing("A", [NET, "python"]) == (("python",) if is_granted else (NET, "python"))
    assert bool(notices) is is_granted


def test_each_package_has_what_its_own_signer_rule_and_approval_give(tmp_path: Path) -> None:
    inner = package("b", status="untrusted", rule=Rule("r", grants=("read=/models",)))
    Approvals(tmp_path).add(Approval(inner.digest, "oci://h/r:1", ("Deep:python",)))
    choices = [wants("Own", NET), wants("voice/Deep", NET)]
    grants, notices = granted(package("a"), (), tmp_path, choices=choices, nested={"voice": NestedPackage(inner)})
    assert grants.of("Own") == (NET,)
    assert grants.of("voice/Deep") == ("python", "read=/models")
    assert notices == (
        "granted as approved before: voice/Deep:python",
        "granted by policy: voice:read=/models",
        f"granted in development, where the signer is trusted: Own:{NET}",
    )


def test_grants_of_a_policy_have_one_spelling(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    assert load_policy(tmp_path).rules == ()
    path.write_text('[[rule]]\npackage = "x"\ngrants = ["A:read=/data", "net=host:80"]\n')
    assert load_policy(tmp_path).rules[0].grants == ("A:read=/data", "net=host:80")
    for word in ("read=data", "net=HOST:80", "read=/a/../b", "everything"):
        path.write_text(f'[[rule]]\npackage = "x"\ngrants = ["{word}"]\n')
        with pytest.raises(TrustError) as caught:
            load_policy(tmp_path)
        assert caught.value.code == "RM516"


def test_a_place_is_where_it_is_whatever_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    places = {
        "oci://h/r": "oci://h/r:latest",
        f"oci://h/r@{DIGEST}": f"oci://h/r@{DIGEST}",
        "x.rmpkg": f"{tmp_path}/x.rmpkg",
        "oci-layout:dir:1": f"oci-layout:{tmp_path}/dir:1",
        DIGEST: None,
    }
    assert {text: place_of(Reference.parse(text)) for text in places} == places
