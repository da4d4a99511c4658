"""Keyless signatures, verified offline against the trusted root of a private Sigstore instance."""

import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remotemedia.errors import TrustError
from remotemedia.trust import SIGNATURE_PREDICATE, Keyring, Mode, Verdict, statement_payload, verify
from remotemedia.trust._certificates import load_authority
from remotemedia.trust._trust_directory import parse_identity
from tests.simulators.sigstore_instance import SigstoreInstance

pytest.importorskip("sigstore")

DIGEST = "sha256:" + "ab" * 32
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PERSON, PROVIDER = "ci@example.test", "https://login.example.test"
WORKFLOW = "https://git.example.test/team/speech/.ci/release.yml@refs/tags/v1"
PAYLOAD = statement_payload(DIGEST, SIGNATURE_PREDICATE, {})
INSTANCE = SigstoreInstance()
BOTH_MODES = pytest.mark.parametrize("mode", list(Mode))


def keyring(*identities: str, issuer: str = PROVIDER, instance: SigstoreInstance = INSTANCE) -> Keyring:
    settings = {"identity": list(identities or [PERSON]), "issuer": issuer}
    return Keyring(identities=[parse_identity(settings, instance.trusted_root(), "ci")])


def judge(bundle: bytes, trusted: Keyring | None = None, mode: Mode = Mode.DEVELOPMENT) -> Verdict:
    return verify(DIGEST, [bundle], trusted or keyring(), mode, at=NOW)


def refused(bundle: bytes, trusted: Keyring | None = None) -> str:
    codes = set()
    for mode in Mode:
        with pytest.raises(TrustError) as caught:
            judge(bundle, trusted, mode)
        codes.add(caught.value.code)
    (code,) = codes
    return code


def altered(bundle: bytes, *path: str | int, value: Any) -> bytes:
    document = json.loads(bundle)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(document).encode()


@BOTH_MODES
@pytest.mark.parametrize("identity", [PERSON, WORKFLOW])
def test_a_pinned_identity_is_trusted(mode: Mode, identity: str) -> None:
    verdict = judge(INSTANCE.sign(identity, PROVIDER, PAYLOAD), keyring(PERSON, WORKFLOW), mode)
    (signed,) = verdict.signers
    assert (verdict.status, signed.kind, signed.name) == ("trusted", "keyless", "ci")
    assert (signed.identity, signed.issuer) == (identity, PROVIDER)
    assert (signed.signed_at, signed.time_proven) == (INSTANCE.now, True)
    assert [check.number for check in verdict.checks] == [1, 2, 3, 9, 4, 5, 6, 7]


def test_a_timestamp_may_prove_the_time_in_the_logs_place() -> None:
    bundle = INSTANCE.sign(PERSON, PROVIDER, PAYLOAD, promise=False, logged=timedelta(minutes=5))
    (signed,) = judge(bundle).signers
    assert (signed.signed_at, signed.time_proven) == (INSTANCE.now + timedelta(minutes=5), True)


@pytest.mark.parametrize(
    ("identity", "issuer"), [("eve@example.test", PROVIDER), (PERSON, "https://evil.example.test")]
)
def test_anybody_else_of_the_same_instance_is_a_stranger(identity: str, issuer: str) -> None:
    bundle = INSTANCE.sign(identity, issuer, PAYLOAD)
    verdict = judge(bundle)
    assert (verdict.status, verdict.signers[0].identity) == ("untrusted", identity)
    with pytest.raises(TrustError) as caught:
        judge(bundle, mode=Mode.PRODUCTION)
    assert caught.value.code == "RM502"


def test_the_same_identity_of_another_instance_is_a_stranger() -> None:
    assert judge(SigstoreInstance().sign(PERSON, PROVIDER, PAYLOAD)).status == "untrusted"


def test_a_strangers_bundle_is_not_even_verified() -> None:
    broken = altered(
        INSTANCE.sign("eve@example.test", PROVIDER, PAYLOAD), "verificationMaterial", "tlogEntries", value=[]
    )
    assert judge(broken).status == "untrusted"


ENTRY = ("verificationMaterial", "tlogEntries", 0)
GOOD = INSTANCE.sign(PERSON, PROVIDER, PAYLOAD)
OTHER = INSTANCE.sign(PERSON, PROVIDER, PAYLOAD)
DEFECTS = {
    "no log entry": altered(GOOD, "verificationMaterial", "tlogEntries", value=[]),
    "entry of another signature": altered(
        GOOD, *ENTRY, value=json.loads(OTHER)["verificationMaterial"]["tlogEntries"][0]
    ),
    "entry of another statement": INSTANCE.sign(PERSON, PROVIDER, PAYLOAD, other_entry=True),
    "logged too late": INSTANCE.sign(PERSON, PROVIDER, PAYLOAD, logged=timedelta(minutes=11)),
    "stamped too late": INSTANCE.sign(PERSON, PROVIDER, PAYLOAD, promise=False, logged=timedelta(minutes=11)),
    "time changed": altered(GOOD, *ENTRY, "integratedTime", value=str(int(INSTANCE.now.timestamp()) + 1)),
    "no promise": altered(GOOD, *ENTRY, "inclusionPromise", value=None),
    "no certificate timestamp": INSTANCE.sign(PERSON, PROVIDER, PAYLOAD, without_sct=True),
    "wrong inclusion": altered(GOOD, *ENTRY, "inclusionProof", "hashes", value=[base64.b64encode(bytes(32)).decode()]),
    "wrong checkpoint": altered(
        GOOD, *ENTRY, "inclusionProof", "checkpoint", "envelope", value="x\n2\nAAAA\n\n- x y\n"
    ),
    "wrong signature": altered(
        GOOD, "dsseEnvelope", "signatures", 0, "sig", value=json.loads(OTHER)["dsseEnvelope"]["signatures"][0]["sig"]
    ),
    "another statement": altered(
        GOOD,
        "dsseEnvelope",
        "payload",
        value=base64.b64encode(statement_payload(DIGEST, SIGNATURE_PREDICATE, {"x": 1})).decode(),
    ),
    "entry is no entry": altered(GOOD, *ENTRY, value={}),
    "body is no entry": altered(GOOD, *ENTRY, "canonicalizedBody", value="AAAA"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_what_is_wrong_in_a_pinned_identitys_name_is_refused(name: str) -> None:
    assert refused(DEFECTS[name]) == "RM515"


def test_without_sigstore_a_pinned_identitys_bundle_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sigstore", None)
    with pytest.raises(TrustError) as caught:
        judge(GOOD)
    assert (caught.value.code, caught.value.hint) == ("RM515", "pip install 'remotemedia[keyless]'")
    assert judge(INSTANCE.sign("eve@example.test", PROVIDER, PAYLOAD)).status == "untrusted"


def test_an_authority_may_be_trusted_beside_the_instance_that_it_serves() -> None:
    """Whoever certifies for an own instance may also be trusted as an authority, without the log."""
    root = INSTANCE._authority.pem + INSTANCE._root.pem
    both = Keyring(identities=keyring().identities, roots=[load_authority(root, "corp", ["eve@example.test"])])
    bundle = INSTANCE.sign("eve@example.test", PROVIDER, PAYLOAD)
    signed = verify(DIGEST, [bundle], both, Mode.DEVELOPMENT, at=INSTANCE.now).signers[0]
    assert (signed.kind, signed.name, signed.trusted) == ("certificate", "corp", True)


def test_a_statement_about_another_package_is_refused() -> None:
    other = statement_payload("sha256:" + "cd" * 32, SIGNATURE_PREDICATE, {})
    assert refused(INSTANCE.sign(PERSON, PROVIDER, other)) == "RM504"


@pytest.mark.parametrize(
    ("settings", "root"),
    [
        ({"identity": PERSON}, b"{}"),
        ({"issuer": PROVIDER}, INSTANCE.trusted_root()),
        ({"identity": PERSON, "issuer": PROVIDER}, b"{}"),
        ({"identity": PERSON, "issuer": PROVIDER}, b"["),
        ({"identity": PERSON, "issuer": PROVIDER}, b'{"certificateAuthorities":[{"certChain":{"certificates":[{}]}}]}'),
    ],
)
def test_what_is_no_pin_or_no_trusted_root_is_refused(settings: dict[str, str], root: bytes) -> None:
    with pytest.raises(ValueError, match=r"(?i)expect"):
        parse_identity(settings, root, "ci")
