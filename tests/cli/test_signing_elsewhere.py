"""A package that one job builds and another one signs: the same statements as if one job had done both."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from remotemedia.registry import PackageArchive
from tests.cli.conftest import DOUBLE, Build, Project
from tests.conftest import Command
from tests.simulators.registry import RegistrySimulator
from tests.simulators.sigstore_server import ISSUER, SigstoreServer

JOB = {"CI": "true", "REMOTEMEDIA_ENV": "development"}
RULE = '[[rule]]\npackage = "double"\npredicates = ["provenance", "sbom"]\nbuilder = "urn:remotemedia:builder:ci"\n'


@pytest.fixture
def remotemedia(inside: Command) -> Command:
    """What is tested here starts no run, and most of a child's time would be its start."""
    return inside


@pytest.fixture
def handed(project: Project, remotemedia: Command, tmp_path: Path) -> tuple[Path, Path]:
    """What the first job hands to the second: a package without signatures, and where it was built."""
    statement = tmp_path / "built.intoto.json"
    given = ["--unsigned", "--provenance", statement, "-o", tmp_path / "first", "--json"]
    done = remotemedia("build", project(), *given, env=JOB)
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)["path"]), statement


def verified(remotemedia: Command, reference: object, *flags: object) -> dict[str, Any]:
    done = remotemedia("verify", reference, "--json", *flags)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def referrers(package: Path) -> set[str]:
    with PackageArchive(package) as archive:
        return {it.digest for it in archive.referrers(archive.resolve(None).digest)}


def test_a_rule_that_asks_for_provenance_is_met_by_a_later_signature(
    handed: tuple[Path, Path], remotemedia: Command, tmp_path: Path
) -> None:
    package, statement = handed
    (tmp_path / "policy.toml").write_text(RULE)
    (tmp_path / "policy.toml").chmod(0o600)
    strict = ["--policy", tmp_path / "policy.toml"]
    plain = tmp_path / "plain.rmpkg"
    shutil.copyfile(package, plain)
    assert remotemedia("sign", plain).returncode == 0
    assert "error[RM517]" in remotemedia("verify", plain, *strict).stderr
    done = remotemedia("sign", package, "--provenance", statement, "--sbom")
    assert done.returncode == 0, done.stderr
    assert "stated: built by urn:remotemedia:builder:ci" in done.stdout
    report = verified(remotemedia, package, *strict)
    assert (report["status"], report["provenance"]) == ("trusted", "trusted")


def test_it_is_what_a_build_that_signs_states(handed: tuple[Path, Path], remotemedia: Command, tmp_path: Path) -> None:
    package, statement = handed
    source = tmp_path / "project/pipeline.py"
    done = remotemedia("build", source, "-o", tmp_path / "second", "--json", env=JOB)
    signed = Path(json.loads(done.stdout)["path"])
    done = remotemedia("sign", package, "--provenance", statement, "--sbom", "--json")
    report = json.loads(done.stdout)
    assert (report["added"], report["builder"]) == (3, "urn:remotemedia:builder:ci")
    assert referrers(package) == referrers(signed)
    done = remotemedia("sign", signed, "--provenance", statement, "--sbom", "--json")
    assert json.loads(done.stdout)["added"] == 0
    copies = [tmp_path / "a.rmpkg", tmp_path / "b.rmpkg"]
    for path, copy in zip((package, signed), copies, strict=True):
        layout = f"oci-layout:{path.parent / 'layout'}:1"
        assert remotemedia("push", layout, path).returncode == 0
        assert remotemedia("copy", layout, copy).returncode == 0
    assert copies[0].read_bytes() == copies[1].read_bytes()


def test_it_is_signed_in_a_registry_for_which_no_model_is_fetched(
    handed: tuple[Path, Path], remotemedia: Command, registry: RegistrySimulator
) -> None:
    package, statement = handed
    reference = f"oci://{registry.host}/team/double:1"
    assert remotemedia("push", reference, package).returncode == 0
    registry.requests.clear()
    assert remotemedia("sign", reference, "--provenance", statement, "--sbom").returncode == 0
    config, recorded, sbom = [it for it in registry.paths("GET") if "/blobs/sha256:" in it]
    assert len({config, recorded, sbom}) == 3
    report = json.loads(remotemedia("inspect", reference, "--json").stdout)
    assert report["signed_provenance"] == {"status": "trusted", "builder": "urn:remotemedia:builder:ci"}
    assert report["sbom"]["status"] == "trusted"


def test_the_statement_of_another_package_is_not_signed(
    handed: tuple[Path, Path], build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    _, statement = handed
    other = build(DOUBLE.replace("factor=3", "factor=4"), "--unsigned", name="other")
    before = other.read_bytes()
    done = remotemedia("sign", other, "--provenance", statement)
    assert done.returncode == 3
    assert "error[RM521]: expected a provenance of this package, its subject" in done.stderr
    assert other.read_bytes() == before
    done = remotemedia("sign", other, "--provenance", tmp_path / "none")
    assert "error[RM701]: expected a statement in" in done.stderr


def test_a_statement_that_cannot_be_written_is_told(project: Project, remotemedia: Command, tmp_path: Path) -> None:
    source = project()
    done = remotemedia("build", source, "-o", tmp_path, "--provenance", tmp_path / "none/x.json")
    assert "error[RM307]" in done.stderr
    done = remotemedia("build", source, "--check", "x.rmpkg", "--provenance", tmp_path / "x.json")
    assert "error[RM701]: expected `--check` or `--provenance`, got both" in done.stderr


def test_a_job_builds_and_signs_by_its_identity(project: Project, remotemedia: Command, tmp_path: Path) -> None:
    workflow = "https://forge.test/team/.workflows/release.yml@v1"
    with SigstoreServer() as server:
        (tmp_path / "config.json").write_bytes(server.trust_config())
        (tmp_path / "token").write_text(server.token(workflow))
        (tmp_path / "root.json").write_bytes(server.instance.trusted_root())
        given = ["--keyless", "--identity-token", f"@{tmp_path / 'token'}", "--trust-config", tmp_path / "config.json"]
        done = remotemedia("build", project(), "-o", tmp_path / "out", *given, "--json", env=JOB)
        assert done.returncode == 0, done.stderr
        assert server.requests.count("/api/v1/log/entries") == 3  # signature, provenance and bill of materials
    package = json.loads(done.stdout)["path"]
    assert "error[RM502]" in remotemedia("verify", package).stderr
    pinned = ["--identity", workflow, "--issuer", ISSUER]
    assert remotemedia("keys", "trust", tmp_path / "root.json", "--name", "forge", *pinned).returncode == 0
    report = verified(remotemedia, package, "--offline")
    assert (report["status"], report["provenance"]) == ("trusted", "trusted")
    (signer,) = report["signers"]
    assert (signer["kind"], signer["identity"], signer["time_proven"]) == ("keyless", workflow, True)
    inspected = json.loads(remotemedia("inspect", package, "--json").stdout)
    assert inspected["signed_provenance"] == {"status": "trusted", "builder": "urn:remotemedia:builder:ci"}
    assert inspected["sbom"]["status"] == "trusted"
