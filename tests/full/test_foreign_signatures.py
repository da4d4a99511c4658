"""We verify what cosign signed: by its key, with a timestamp, and by certificates of an own authority."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from remotemedia.trust import SigningKey
from tests.full.authorities import IDENTITY, Organisation
from tests.full.ours import Ours
from tests.full.registries import Endpoint
from tests.full.tools import Signed, Tools
from tests.simulators.pki import certificate_of
from tests.simulators.tsa import TimestampServer

pytestmark = pytest.mark.full

ONE_REGISTRY = pytest.mark.parametrize("endpoint", [("registry", "none")], indirect=True, ids=["registry-none"])
PASSWORD = {"COSIGN_PASSWORD": "password"}


def row(text: str) -> pytest.MarkDecorator:
    """The test's row in the table of signatures."""
    return pytest.mark.interop("signatures", text)


def signing_config(tools: Tools, directory: Path, clock: TimestampServer) -> list[str | Path]:
    """What makes cosign sign with timestamps of this clock, and nothing of the public instance."""
    none = ["--no-default-fulcio", "--no-default-oidc", "--no-default-rekor", "--no-default-tsa"]
    times = f"url={clock.url},api-version=1,start-time=2016-01-01T00:00:00Z,operator=test"
    config = directory / "signing.json"
    tools.run("cosign", "signing-config", "create", *none, f"--tsa={times}", "--tsa-config=ANY", "--out", config)
    return ["--signing-config", config]


@row("cosign's by key and timestamp: `verify` says when")
@ONE_REGISTRY
def test_a_timestamp_of_cosigns_proves_the_time(
    *,
    tools: Tools,
    ours: Ours,
    cosign_key: Path,
    organisation: Organisation,
    endpoint: Endpoint,
    signed: Signed,
    tmp_path: Path,
) -> None:
    target = f"{endpoint.host}/stamped-by-cosign"
    ours("push", f"oci://{target}:1.0", signed.package.path)
    organisation.clock.now = datetime.now(UTC) - timedelta(days=3)
    with TimestampServer(organisation.clock) as clock:
        config = signing_config(tools, tmp_path, clock)
        arguments = ["--key", cosign_key, *config, "--allow-http-registry", "--yes", f"{target}@{signed.digest}"]
        tools.run("cosign", "sign", *arguments, environ=PASSWORD)
    ours("keys", "trust", cosign_key.with_suffix(".pub"), "--name", "theirs")
    ours("keys", "trust", organisation.directory / "clock.pem", "--name", "clock", "--timestamping")
    signers = {it["name"]: it for it in ours.report("verify", f"oci://{target}:1.0")["signers"]}
    assert signers["theirs"]["time_proven"]
    assert datetime.fromisoformat(signers["theirs"]["signed_at"]) == organisation.clock.now.replace(microsecond=0)


@row("cosign's by key, `sign` and `attest --type slsaprovenance1`: trusted, provenance too")
@ONE_REGISTRY
def test_provenance_that_cosign_attested_is_trusted(
    *,
    tools: Tools,
    ours: Ours,
    cosign_key: Path,
    endpoint: Endpoint,
    signed: Signed,
    tmp_path: Path,
) -> None:
    target = f"{endpoint.host}/attested-by-cosign"
    ours("push", f"oci://{target}:1.0", signed.package.path)
    (tmp_path / "provenance.json").write_text(ours("inspect", f"oci://{target}:1.0", "--provenance"))
    ours("keys", "remove", "builder", "--yes")
    ours("keys", "trust", cosign_key.with_suffix(".pub"), "--name", "theirs")
    unlogged = ["--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry", "--yes"]
    place = [*unlogged, f"{target}@{signed.digest}"]
    stated = ["--type", "slsaprovenance1", "--predicate", tmp_path / "provenance.json"]
    tools.run("cosign", "attest", "--key", cosign_key, *stated, *place, environ=PASSWORD)
    assert "RM502" in ours("pull", f"oci://{target}:1.0", status=3)
    tools.run("cosign", "sign", "--key", cosign_key, *place, environ=PASSWORD)
    ours("pull", f"oci://{target}:1.0")
    verified = ours.report("verify", f"oci://{target}:1.0")
    assert (verified["status"], verified["key"], verified["provenance"]) == ("trusted", "theirs", "trusted")


@row("cosign's by own certificate and timestamp: `verify` by identity")
@ONE_REGISTRY
@pytest.mark.parametrize("days", [30, 40], ids=["while valid", "too early"])
def test_a_certificate_that_cosign_signed_with_is_judged_at_the_proven_time(
    *,
    tools: Tools,
    ours: Ours,
    organisation: Organisation,
    endpoint: Endpoint,
    signed: Signed,
    days: int,
    tmp_path: Path,
) -> None:
    target = f"{endpoint.host}/certified-for-cosign-{days}"
    ours("push", f"oci://{target}:1.0", signed.package.path)
    key, prefix = SigningKey.generate(), tmp_path / "imported"
    (tmp_path / "key.pem").write_bytes(key.to_pem())
    (tmp_path / "leaf.pem").write_bytes(certificate_of(organisation.signer(key)).public_bytes(Encoding.PEM))
    files = ["--key", tmp_path / "key.pem", "--output-key-prefix", prefix]
    tools.run("cosign", "import-key-pair", *files, environ=PASSWORD)
    organisation.clock.now = datetime.now(UTC) - timedelta(days=days)
    with TimestampServer(organisation.clock) as clock:
        known = ["--certificate", tmp_path / "leaf.pem", "--certificate-chain", organisation.directory / "chain.pem"]
        config = signing_config(tools, tmp_path, clock)
        place = ["--allow-http-registry", "--yes", f"{target}@{signed.digest}"]
        tools.run("cosign", "sign", "--key", prefix.with_suffix(".key"), *known, *config, *place, environ=PASSWORD)
    ours("keys", "trust", organisation.directory / "chain.pem", "--name", "corporation", "--identity", IDENTITY)
    ours("keys", "trust", organisation.directory / "clock.pem", "--name", "clock", "--timestamping")
    signers = {it["name"]: it for it in ours.report("verify", f"oci://{target}:1.0")["signers"]}
    assert (signers["corporation"]["identity"], signers["corporation"]["trusted"]) == (IDENTITY, days == 30)
    if days == 40:
        ours("keys", "remove", "builder", "--yes")
        assert "RM512" in ours("verify", f"oci://{target}:1.0", status=3)
