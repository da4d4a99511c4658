"""Signing without a key, through `sigstore`'s own client and a private instance on the loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.errors import TrustError
from remotemedia.runtime._keyless import keyless
from remotemedia.runtime.network import Network
from remotemedia.trust import SIGNATURE_PREDICATE, KeyStore, Mode, verify
from tests.simulators.sigstore_server import ISSUER, SigstoreServer
from tests.simulators.static import StaticServer

NONSENSE = "nonsense"
DIGEST = f"sha256:{'ab' * 32}"

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def server() -> Iterator[SigstoreServer]:
    with SigstoreServer() as running:
        yield running


@pytest.fixture
def config(server: SigstoreServer, tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_bytes(server.trust_config())
    return path


def test_what_is_signed_verifies_offline_with_identity_and_issuer_pinned(
    server: SigstoreServer, config: Path, tmp_path: Path
) -> None:
    attest = keyless(Network(), config=config, token=server.token("https://forge.test/team/ci.yml@v1"))
    bundle = attest(DIGEST, SIGNATURE_PREDICATE, {})
    assert server.requests == ["/api/v2/signingCert", "/api/v1/log/entries"]
    store = KeyStore(tmp_path)
    root = server.instance.trusted_root()
    store.trust_keyless("release", identities=["https://forge.test/team/ci.yml@v1"], issuer=ISSUER, trusted_root=root)
    verdict = verify(DIGEST, [bundle], store.keyring(), Mode.PRODUCTION)
    (signed,) = verdict.signers
    assert (signed.kind, signed.name, signed.trusted, signed.time_proven) == ("keyless", "release", True, True)
    assert (signed.identity, signed.issuer) == ("https://forge.test/team/ci.yml@v1", ISSUER)


def test_offline_is_offline(server: SigstoreServer, config: Path) -> None:
    with pytest.raises(TrustError) as caught:
        keyless(Network(offline=True), config=config, token=server.token("a@example.test"))
    assert caught.value.code == "RM520"
    assert server.requests == []


def test_without_an_identity_nothing_is_signed(
    config: Path, server: SigstoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "BUILDKITE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(TrustError, match="expected an OpenID identity") as caught:
        keyless(Network(), config=config)
    assert (caught.value.code, server.requests) == ("RM506", [])


def test_a_token_that_is_none_is_told(config: Path) -> None:
    with pytest.raises(TrustError, match=r"expected an OpenID identity .* it cannot be used: .* malformed") as caught:
        keyless(Network(), config=config, token=NONSENSE)
    assert caught.value.code == "RM506"


def test_a_token_that_ended_during_the_build_is_told_with_what_to_do(server: SigstoreServer, config: Path) -> None:
    attest = keyless(Network(), config=config, token=server.token("a@example.test", seconds=0.1))
    time.sleep(0.1)
    with pytest.raises(TrustError, match=r"got one that ended at \d\d:\d\d:\d\d UTC") as caught:
        attest(DIGEST, SIGNATURE_PREDICATE, {})
    assert (caught.value.code, server.requests) == ("RM506", [])
    assert caught.value.hint is not None
    assert "`remotemedia sign --keyless`" in caught.value.hint


def test_a_job_is_asked_again_where_its_token_ended_during_the_build(server: SigstoreServer, config: Path) -> None:
    first, second = server.token("a@example.test", seconds=0.1), server.token("b@example.test")
    with StaticServer({"/token": json.dumps({"value": first}).encode()}) as provider:
        job = {"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret"}
        job["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{provider.url}/token"
        attest = keyless(Network(environ=job), config=config)
        time.sleep(0.1)
        provider.files["/token"] = json.dumps({"value": second}).encode()
        for _ in range(2):  # it counts for the second signature too
            attest(DIGEST, SIGNATURE_PREDICATE, {})
        assert len(provider.requests) == 2
    assert server.requests == ["/api/v2/signingCert", "/api/v1/log/entries"] * 2


def test_an_instance_that_is_not_there_is_told(server: SigstoreServer, config: Path, tmp_path: Path) -> None:
    away = json.loads(config.read_text())
    away["signingConfig"]["caUrls"][0]["url"] = "http://127.0.0.1:9"
    (tmp_path / "away.json").write_text(json.dumps(away))
    attest = keyless(Network(), config=tmp_path / "away.json", token=server.token("a@example.test"))
    with pytest.raises(TrustError, match=r"`127\.0\.0\.1:9` cannot be reached: connection refused") as caught:
        attest(DIGEST, SIGNATURE_PREDICATE, {})
    assert caught.value.code == "RM506"


def test_a_configuration_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="cannot be read"):
        keyless(Network(), config=tmp_path / "none.json", token=NONSENSE)


@pytest.mark.parametrize("data", [b"", b"\xff", b"{}"])
def test_a_configuration_without_an_instance_does_not_mean_the_public_one(
    data: bytes, server: SigstoreServer, tmp_path: Path
) -> None:
    (tmp_path / "empty.json").write_bytes(data)
    with pytest.raises(TrustError, match="Sigstore's client failed") as caught:
        keyless(Network(), config=tmp_path / "empty.json", token=server.token("a@example.test"))
    assert caught.value.code == "RM506"
