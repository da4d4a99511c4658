"""Signing packages where they are, verifying them, and the policy that decides about them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from remotemedia.trust import CertificateSigner, SigningKey
from tests.cli.conftest import DOUBLE, Build, Project
from tests.conftest import Command
from tests.simulators.authority import Authority as TlsAuthority
from tests.simulators.pki import START, Authority, certificate_of
from tests.simulators.registry import RegistrySimulator
from tests.simulators.sigstore_server import ISSUER, SigstoreServer
from tests.simulators.tsa import TimestampAuthority, TimestampServer

PRODUCTION = {"REMOTEMEDIA_ENV": "production"}


@pytest.fixture
def remotemedia(inside: Command) -> Command:
    """What is tested here starts no run, and most of a child's time would be its start."""
    return inside


def verified(remotemedia: Command, reference: object, *flags: object, **options: Any) -> dict[str, Any]:
    done = remotemedia("verify", reference, "--json", *flags, **options)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def refused(remotemedia: Command, reference: object, *flags: object, **options: Any) -> str:
    """Give the code by which `verify` refuses a package, in development as anywhere."""
    done = remotemedia("verify", reference, "--json", *flags, **options)
    assert (done.returncode, done.stdout) == (3, "")
    code: str = json.loads(done.stderr)["error"]["code"]
    return code


def policy(home: Path, text: str) -> Path:
    home.mkdir(exist_ok=True)
    path = home / "policy.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def exported(remotemedia: Command, name: str, path: Path) -> Path:
    path.write_text(remotemedia("keys", "export", name, "--public").stdout)
    return path


def test_a_package_file_gets_further_signatures(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    package = build()
    for name, kind in (("release", "p256"), ("audit", "ed25519")):
        assert remotemedia("keys", "generate", name, "--type", kind).returncode == 0
    done = remotemedia("sign", package, "--key", "release", "--key", "audit", "--json")
    assert json.loads(done.stdout)["added"] == 2, done.stderr
    assert json.loads(remotemedia("sign", package, "--key", "audit", "--json").stdout)["added"] == 0
    report = verified(remotemedia, package)
    assert {it["name"] for it in report["signers"]} == {"default", "release", "audit"}
    assert all(it["trusted"] and it["kind"] == "key" and it["signed_at"] is None for it in report["signers"])
    audit = exported(remotemedia, "audit", tmp_path / "audit.pub")
    report = verified(remotemedia, package, "--key", audit, env={"REMOTEMEDIA_HOME": str(tmp_path / "other")})
    assert [it["name"] for it in report["signers"] if it["trusted"]] == ["audit"]


def test_only_the_key_that_is_named_counts(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    package = build()
    remotemedia("keys", "generate", "other")
    done = remotemedia("verify", package, "--key", exported(remotemedia, "other", tmp_path / "other.pub"))
    assert done.returncode == 3
    assert "error[RM502]" in done.stderr
    done = remotemedia("verify", package, "--key", tmp_path / "other.pub", "--policy", tmp_path / "none")
    assert "error[RM701]: expected `--key` or `--policy`, got both" in done.stderr


@pytest.mark.parametrize("place", ["registry", "layout"])
def test_a_package_is_signed_where_it_was_pushed(
    registry: RegistrySimulator, build: Build, remotemedia: Command, tmp_path: Path, place: str
) -> None:
    names = {"registry": f"oci://{registry.host}/team/double:1", "layout": f"oci-layout:{tmp_path / 'layout'}:1"}
    assert remotemedia("push", names[place], build(DOUBLE, "--unsigned")).returncode == 0
    assert refused(remotemedia, names[place]) == "RM501"
    done = remotemedia("sign", names[place])
    assert done.returncode == 0, done.stderr
    assert ("warning: a tag may point" in done.stderr) is (place == "registry")
    remotemedia("pull", names[place])
    assert verified(remotemedia, names[place])["status"] == "trusted"


def test_what_is_cached_is_not_signed(build: Build, remotemedia: Command, registry: RegistrySimulator) -> None:
    reference = f"oci://{registry.host}/team/double:1"
    digest = json.loads(remotemedia("push", reference, build(), "--json").stdout)["digest"]
    remotemedia("pull", reference)
    assert "error[RM401]" in remotemedia("sign", digest).stderr


def test_a_certificate_and_a_proven_time(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    root = Authority("root")
    signer = root.signer("ann@example.test")
    assert isinstance(signer, CertificateSigner)
    assert isinstance(signer._signer, SigningKey)
    for name, data in (
        ("key.pem", signer._signer.to_pem()),
        ("leaf.pem", certificate_of(signer).public_bytes(Encoding.PEM)),
        ("corp.crt", root.pem),
    ):
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)
    authority = TimestampAuthority()
    authority.now = datetime(2024, 2, 29, 12, tzinfo=UTC)
    (tmp_path / "time.crt").write_bytes(authority.root_pem)
    package = build(DOUBLE, "--unsigned")
    given = ["--key", tmp_path / "key.pem", "--certificate", tmp_path / "leaf.pem"]
    with TimestampServer(authority) as server:
        done = remotemedia("sign", package, *given, "--timestamp-url", server.url)
        assert done.returncode == 0, done.stderr
    assert refused(remotemedia, package) == "RM502"
    assert remotemedia("keys", "trust", tmp_path / "corp.crt").returncode == 0
    assert remotemedia("keys", "trust", tmp_path / "time.crt", "--timestamping").returncode == 0
    (found,) = verified(remotemedia, package)["signers"]
    assert (found["kind"], found["name"], found["identity"]) == ("certificate", "corp", "ann@example.test")
    assert (found["signed_at"], found["time_proven"]) == ("2024-02-29T12:00:00+00:00", True)
    shown = remotemedia("verify", package).stdout
    assert "`ann@example.test` of `corp`: by a certificate" in shown
    assert "at 2024-02-29 12:00 UTC, proven" in shown


def test_a_package_whose_certificate_expired_is_mended_by_signing_again(
    build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    root = Authority("root")
    signer = root.signer("ann@example.test", valid=(START, START + timedelta(days=30)))
    assert isinstance(signer._signer, SigningKey)
    (tmp_path / "key.pem").write_bytes(signer._signer.to_pem())
    (tmp_path / "key.pem").chmod(0o600)
    (tmp_path / "leaf.pem").write_bytes(certificate_of(signer).public_bytes(Encoding.PEM))
    (tmp_path / "corp.crt").write_bytes(root.pem)
    package = build(DOUBLE, "--unsigned")
    given = ["--key", tmp_path / "key.pem", "--certificate", tmp_path / "leaf.pem"]
    assert remotemedia("sign", package, *given).returncode == 0
    assert remotemedia("keys", "trust", tmp_path / "corp.crt").returncode == 0
    assert refused(remotemedia, package) == "RM512"
    assert remotemedia("sign", package).returncode == 0
    done = remotemedia("verify", package)
    assert done.returncode == 0, done.stderr
    assert "  no  11. expected a certificate valid now" in done.stdout
    assert "`ann@example.test` of `corp`: by a certificate" in done.stdout
    assert "no longer counts" in done.stdout


def test_the_authority_of_times_may_be_configured(build: Build, remotemedia: Command, home: Path) -> None:
    package = build(DOUBLE, "--unsigned")
    with TimestampServer(TimestampAuthority()) as server:
        (home / "config.json").write_text(json.dumps({"timestamp_url": server.url}))
        assert remotemedia("sign", package).returncode == 0
        assert len(server.requests) == 1
    (found,) = verified(remotemedia, package)["signers"]
    assert found["signed_at"] is not None
    assert found["time_proven"] is False
    assert "error[RM519]" in remotemedia("sign", package).stderr


def test_the_authority_of_times_is_reached_by_the_options_of_the_network(
    build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    package, issuer = build(DOUBLE, "--unsigned"), TlsAuthority(tmp_path)
    with TimestampServer(TimestampAuthority(), issuer.server(issuer.issue("127.0.0.1"))) as server:
        asked = ("sign", package, "--timestamp-url", server.url)
        done = remotemedia(*asked)
        assert "error[RM519]: expected a timestamp from" in done.stderr
        assert "hint: name the authority that issued it with `--ca-file FILE`" in done.stderr.replace("help:", "hint:")
        done = remotemedia(*asked, "--offline", "--ca-file", issuer.file)
        assert (done.returncode, "error[RM520]" in done.stderr, server.requests) == (4, True, [])
        done = remotemedia(*asked, "--ca-file", issuer.file)
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == 1


def test_a_plug_in_signs(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    program = tmp_path / "token"
    program.write_text('#!/bin/sh\necho \'{"error": "no token in the slot"}\'\n')
    program.chmod(0o755)
    done = remotemedia("sign", build(DOUBLE, "--unsigned"), "--key", f"exec:{program}")
    assert done.returncode == 1
    assert "no token in the slot" in done.stderr


def test_a_job_signs_by_its_identity_and_a_policy_pins_it(
    build: Build, remotemedia: Command, home: Path, tmp_path: Path
) -> None:
    workflow = "https://forge.test/team/.workflows/release.yml@v1"
    package = build(DOUBLE, "--unsigned")
    with SigstoreServer() as server:
        (tmp_path / "config.json").write_bytes(server.trust_config())
        (tmp_path / "token").write_text(server.token(workflow))
        (tmp_path / "root.json").write_bytes(server.instance.trusted_root())
        given = ["--identity-token", f"@{tmp_path / 'token'}", "--trust-config", tmp_path / "config.json"]
        done = remotemedia("sign", package, *given)
        assert done.returncode == 0, done.stderr
    assert refused(remotemedia, package) == "RM502"
    pinned = ["--identity", workflow, "--issuer", ISSUER]
    assert remotemedia("keys", "trust", tmp_path / "root.json", "--name", "forge", *pinned).returncode == 0
    rule = '[[rule]]\npackage = "double"\nidentities = [{{identity = "https://forge.test/{}/**", issuer = "{}"}}]\n'
    policy(home, rule.format("team", ISSUER))
    (found,) = verified(remotemedia, package)["signers"]
    assert (found["kind"], found["name"], found["identity"]) == ("keyless", "forge", workflow)
    assert found["time_proven"] is True
    policy(home, rule.format("other", ISSUER))
    assert "error[RM517]" in remotemedia("verify", package).stderr


def test_keyless_needs_an_identity_and_a_network(build: Build, remotemedia: Command) -> None:
    package = build(DOUBLE, "--unsigned")
    done = remotemedia("sign", package, "--keyless", "--offline")
    assert done.returncode == 4
    assert "error[RM520]: expected a network for a keyless signature, got `--offline`" in done.stderr
    done = remotemedia("sign", package, "--keyless", "--key", "default")
    assert "error[RM701]: expected a key or a keyless signature, got both" in done.stderr


def test_encrypted_keys_are_made_imported_exported_and_rotated(
    build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    package = build(DOUBLE, "--unsigned")
    given: list[Any] = ["--password-stdin"]
    assert remotemedia("keys", "generate", "safe", *given, stdin="secret\n").returncode == 0
    assert "error[RM506]" in remotemedia("sign", package, "--key", "safe").stderr
    assert remotemedia("sign", package, "--key", "safe", *given, stdin="secret\n").returncode == 0
    pem = tmp_path / "copy.pem"
    pem.write_text(remotemedia("keys", "export", "safe", *given, stdin="secret\n").stdout)
    pem.chmod(0o600)
    assert pem.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    other = {"REMOTEMEDIA_HOME": str(tmp_path / "other"), "REMOTEMEDIA_KEY_PASSWORD": "secret"}
    assert remotemedia("keys", "import", pem, env=other).returncode == 0
    (listed,) = json.loads(remotemedia("keys", "list", "--json", env=other).stdout)["keys"]
    assert listed["encrypted"] is True
    assert verified(remotemedia, package, env=other)["key"] == "copy"
    done = remotemedia("keys", "rotate", "safe", *given, stdin="other\n")
    assert "the old key counts until" in done.stdout, done.stderr
    assert verified(remotemedia, package)["key"] == "safe"
    assert remotemedia("keys", "rotate", "safe", "--grace", "0", *given, stdin="third\n").returncode == 0


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("key.pub", ["--identity", "ann@example.test"]),
        ("key.pub", ["--timestamping"]),
        ("corp.crt", ["--issuer", ISSUER]),
        ("corp.crt", ["--identity", "ann@example.test", "--timestamping"]),
        ("corp.crl", ["--timestamping"]),
    ],
)
def test_an_option_that_would_narrow_nothing_is_refused(
    remotemedia: Command, tmp_path: Path, name: str, option: list[str]
) -> None:
    (tmp_path / "key.pub").write_bytes(SigningKey.generate().public.to_pem())
    root = Authority("root")
    (tmp_path / "corp.crt").write_bytes(root.pem)
    (tmp_path / "corp.crl").write_bytes(root.revocations())
    done = remotemedia("keys", "trust", tmp_path / name, *option)
    assert done.returncode == 2
    assert f"error[RM701]: expected no `{option[0]}` with " in done.stderr
    assert json.loads(remotemedia("keys", "list", "--json").stdout)["keys"] == []


@pytest.mark.parametrize(
    "options",
    [
        "--key default --unsigned",
        "--certificate /nothing --unsigned",
        "--timestamp-url http://127.0.0.1:1/ --unsigned",
        "--password-stdin --unsigned",
        "--key default --check x.rmpkg",
        "--trust-config /nothing --check x.rmpkg",
        "--trust-config /nothing",
        "--timestamp-url http://127.0.0.1:1/ --keyless",
        "--password-stdin --keyless",
    ],
)
def test_an_option_of_signing_that_would_be_passed_over_is_refused(
    options: str, project: Project, remotemedia: Command, tmp_path: Path
) -> None:
    asked = options.split()
    done = remotemedia("build", project(), "-o", tmp_path / "out", *asked)
    assert done.returncode == 2
    assert "error[RM701]: expected " in done.stderr
    assert f"`{asked[0]}`" in done.stderr
    assert not (tmp_path / "out").exists()
    if not {"--unsigned", "--check"} & set(asked):
        assert remotemedia("sign", tmp_path / "x.rmpkg", *asked).returncode == 2


def test_a_rule_of_the_policy_decides(build: Build, remotemedia: Command, home: Path) -> None:
    package = build()
    policy(home, 'version = 1\n[[rule]]\nname = "ours"\npackage = "double"\nkeys = ["release"]\n')
    for command in ("verify", "run"):
        done = remotemedia(command, package)
        assert done.returncode == 3
        assert "error[RM517]: expected of the package, by the policy's rule `ours`" in done.stderr
    done = remotemedia("policy", "test", package)
    assert done.returncode == 3
    assert "rule `ours` matches" in done.stdout
    assert "no  it is signed by key `release`; got `default`" in done.stdout
    assert "warning: rule `ours`: there is no key `release`" in remotemedia("policy", "check").stdout
    remotemedia("keys", "generate", "release")
    remotemedia("sign", package, "--key", "release")
    assert json.loads(remotemedia("policy", "test", package, "--json").stdout)["conditions"][0]["ok"] is True
    assert verified(remotemedia, package)["rule"] == "ours"
    assert json.loads(remotemedia("inspect", package, "--json").stdout)["admitted"] is True


def test_a_policy_judges_before_layers_move(
    registry: RegistrySimulator, build: Build, remotemedia: Command, home: Path, tmp_path: Path
) -> None:
    reference = f"oci://{registry.host}/team/double:1"
    remotemedia("push", reference, build())
    strict = policy(tmp_path / "strict", 'others = "refuse"\n[[rule]]\npackage = "something else"\n')
    done = remotemedia("pull", reference, "--policy", strict)
    assert done.returncode == 3
    assert "error[RM517]" in done.stderr
    assert "none matches" in done.stderr
    assert json.loads(remotemedia("cache", "list", "--json").stdout)["packages"] == []
    by_place = f'others = "refuse"\n[[rule]]\nreference = "oci://{registry.host}/team/*"\n'
    assert remotemedia("pull", reference, "--policy", policy(tmp_path / "strict", by_place)).returncode == 0


def test_a_policy_pins_who_built_a_package(build: Build, remotemedia: Command, home: Path) -> None:
    package = build()
    rule = 'version = 1\n[[rule]]\npackage = "double"\npredicates = ["provenance", "sbom"]\nbuilder = "{}"\n'
    policy(home, rule.format("https://github.com/team/**"))
    assert "error[RM517]" in remotemedia("verify", package).stderr
    policy(home, rule.format("urn:remotemedia:builder:local"))
    assert verified(remotemedia, package)["status"] == "trusted"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\nreference = "**"\ngrant = ["python"]', "did you mean `grants`?"),
        ('[[rule]]\nreference = "**"\ngrants = ["pyton"]', "expected a grant"),
        ('[[rule]]\nreference = "**"\ngrants = ["read=data"]', "got `read=data`"),
    ],
)
def test_a_policy_that_cannot_be_used_stops_everything(
    build: Build, remotemedia: Command, home: Path, text: str, said: str
) -> None:
    policy(home, text)
    done = remotemedia("policy", "check")
    assert done.returncode == 1
    assert "error[RM516]" in done.stderr
    assert said in done.stderr


def test_inspect_shows_what_is_refused_and_why(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    package = build()
    stranger = {"REMOTEMEDIA_HOME": str(tmp_path / "stranger"), **PRODUCTION}
    done = remotemedia("inspect", package, env=stranger)
    assert done.returncode == 0, done.stderr
    assert "runs here  no: expected a package signed by a trusted key" in done.stdout
    assert "provenance signed, not trusted: built by urn:remotemedia:builder:local" in done.stdout
    ours = remotemedia("inspect", package, env={"REMOTEMEDIA_ENV": "development"})
    assert "runs here  yes, if its files are whole (`remotemedia verify` hashes them)" in ours.stdout
    report = json.loads(remotemedia("inspect", package, "--json").stdout)
    assert (report["admitted"], report["objection"]) == (True, None)
    assert report["signed_provenance"] == {"status": "trusted", "builder": "urn:remotemedia:builder:local"}
    assert report["sbom"] == {"status": "trusted", "components": {}}


def test_inspect_prints_provenance_and_contents_raw(build: Build, remotemedia: Command) -> None:
    package = build()
    sbom = json.loads(remotemedia("inspect", package, "--sbom").stdout)
    assert sbom["bomFormat"] == "CycloneDX"
    provenance = json.loads(remotemedia("inspect", package, "--provenance").stdout)
    assert provenance["buildDefinition"]["externalParameters"] == {
        "source": "pipeline.py",
        "pipeline": "double",
        "version": "0.0.0",
    }
    done = remotemedia("inspect", build(DOUBLE, "--unsigned", name="unsigned"), "--provenance")
    assert "error[RM306]" in done.stderr


def test_a_signed_file_is_still_a_package_for_everybody(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    package = build()
    copied = tmp_path / "copy.rmpkg"
    shutil.copyfile(package, copied)
    remotemedia("keys", "generate", "release")
    assert remotemedia("sign", copied, "--key", "release").returncode == 0
    reports = [verified(remotemedia, path) for path in (package, copied)]
    assert reports[0]["digest"] == reports[1]["digest"]
    assert [len(it["signers"]) for it in reports] == [1, 2]
    target = f"oci-layout:{tmp_path / 'layout'}:1"
    assert remotemedia("push", target, copied).returncode == 0
    assert len(verified(remotemedia, target)["signers"]) == 2


def test_a_build_signs_by_certificate_with_a_proven_time(
    project: Project, remotemedia: Command, tmp_path: Path
) -> None:
    root = Authority("root")
    signer = root.signer("ci@example.test")
    assert isinstance(signer._signer, SigningKey)
    (tmp_path / "root.crt").write_bytes(root.pem)
    (tmp_path / "leaf.pem").write_bytes(certificate_of(signer).public_bytes(Encoding.PEM))
    key = tmp_path / "key.pem"
    key.write_bytes(signer._signer.to_pem(b"secret"))
    key.chmod(0o600)
    with TimestampServer(TimestampAuthority()) as server:
        given = ["--key", key, "--certificate", tmp_path / "leaf.pem", "--timestamp-url", server.url]
        done = remotemedia(
            "build", project(), "-o", tmp_path / "out", *given, "--password-stdin", "--json", stdin="secret\n"
        )
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == 3  # signature, provenance and bill of materials
    assert remotemedia("keys", "trust", tmp_path / "root.crt").returncode == 0
    (found,) = verified(remotemedia, json.loads(done.stdout)["path"])["signers"]
    assert (found["kind"], found["identity"], found["trusted"]) == ("certificate", "ci@example.test", True)


def test_a_signature_that_the_registry_loses_is_sent_again(
    registry: RegistrySimulator, build: Build, remotemedia: Command
) -> None:
    reference = f"oci://{registry.host}/team/double:1"
    remotemedia("push", reference, build(DOUBLE, "--unsigned"))
    registry.referrers, registry.faults.forgets_referrers = False, 1
    assert remotemedia("sign", reference).returncode == 0
    assert verified(remotemedia, reference)["status"] == "trusted"
