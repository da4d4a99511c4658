"""Proven times: an expired certificate stays good for what a timestamp authority proves to be older."""

import base64
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from remotemedia.errors import TrustError
from remotemedia.trust import (
    SIGNATURE_PREDICATE,
    Keyring,
    Mode,
    Signer,
    SigningKey,
    TrustedKey,
    Verdict,
    sign_statement,
    verify,
)
from remotemedia.trust._certificates import load_authority
from remotemedia.trust._trust_directory import parse_revocations
from tests.simulators import pki
from tests.simulators.tsa import TimestampAuthority

DIGEST = "sha256:" + "ab" * 32
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SIGNED = datetime(2024, 3, 1, 12, tzinfo=UTC)
ROOT = pki.Authority("root")
SIGNER = ROOT.signer("ci@example.test", valid=(SIGNED - timedelta(hours=1), SIGNED + timedelta(hours=1)))
CORP = load_authority(ROOT.pem, "corp")
TSA = TimestampAuthority()
CLOCK = load_authority(TSA.root_pem, "clock")
KEY = SigningKey.generate()
KEYRING = Keyring([TrustedKey("ann", KEY.public)], roots=[CORP], tsa_roots=[CLOCK])
BOTH_MODES = pytest.mark.parametrize("mode", list(Mode))


def stamped(signer: Signer = SIGNER, *, at: datetime = SIGNED, authority: TimestampAuthority = TSA) -> bytes:
    authority.now = at
    return sign_statement(signer, DIGEST, SIGNATURE_PREDICATE, {}, timestamp=authority.stamp)


def judge(*bundles: bytes, keyring: Keyring = KEYRING, mode: Mode = Mode.DEVELOPMENT, at: datetime = NOW) -> Verdict:
    return verify(DIGEST, bundles, keyring, mode, at=at)


def refused(bundle: bytes, keyring: Keyring = KEYRING) -> TrustError:
    errors = []
    for mode in Mode:
        with pytest.raises(TrustError) as caught:
            judge(bundle, keyring=keyring, mode=mode)
        errors.append(caught.value)
    assert errors[0].code == errors[1].code
    return errors[0]


def no_longer(bundle: bytes, keyring: Keyring = KEYRING) -> TrustError:
    """Give the error that production raises for what does not count in development."""
    assert judge(bundle, keyring=keyring).status == "untrusted"
    with pytest.raises(TrustError) as caught:
        judge(bundle, keyring=keyring, mode=Mode.PRODUCTION)
    assert caught.value.code == "RM512"
    return caught.value


def with_timestamps(bundle: bytes, *ders: bytes) -> bytes:
    document = json.loads(bundle)
    stamps = [{"signedTimestamp": base64.b64encode(der).decode()} for der in ders]
    document["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
    return json.dumps(document).encode()


def signature_of(bundle: bytes) -> bytes:
    return base64.b64decode(json.loads(bundle)["dsseEnvelope"]["signatures"][0]["sig"])


@BOTH_MODES
def test_an_expired_certificate_is_good_for_the_time_that_is_proven(mode: Mode) -> None:
    verdict = judge(stamped(), mode=mode)
    (signed,) = verdict.signers
    assert (verdict.status, signed.signed_at, signed.time_proven) == ("trusted", SIGNED, True)
    assert (
        9,
        "the signature existed at 2024-03-01 12:00 UTC, proven by `clock`",
        True,
        "the signature",
    ) in verdict.checks


def test_the_same_without_a_timestamp_or_without_a_trusted_one_does_not_count() -> None:
    no_longer(sign_statement(SIGNER, DIGEST, SIGNATURE_PREDICATE, {}))
    no_longer(stamped(), Keyring(roots=[CORP]))
    no_longer(stamped(authority=TimestampAuthority(name="timestamps")))


@pytest.mark.parametrize("at", [SIGNED - timedelta(hours=2), SIGNED + timedelta(hours=2)], ids=["before", "after"])
def test_a_time_proven_outside_the_validity_does_not_count(at: datetime) -> None:
    assert "when it was signed" in no_longer(stamped(at=at)).message


def test_a_trusted_authoritys_timestamp_of_another_signature_is_refused() -> None:
    TSA.now = SIGNED
    assert refused(with_timestamps(stamped(), TSA.stamp(b"another"))).code == "RM514"
    assert refused(with_timestamps(stamped(KEY), TSA.stamp(b"another"))).code == "RM514"


def test_an_altered_time_is_refused() -> None:
    TSA.now = SIGNED
    bundle = stamped()
    der = TSA.stamp(signature_of(bundle)).replace(b"20240301120000Z", b"20240301120001Z")
    assert refused(with_timestamps(bundle, der)).code == "RM514"


def test_what_is_no_timestamp_cannot_be_read() -> None:
    assert refused(with_timestamps(stamped(), b"0\x03\x02\x01\x00")).code == "RM505"


def test_a_refused_timestamp_is_none() -> None:
    bundle = stamped(KEY)
    TSA.refuse = True
    try:
        assert refused(with_timestamps(bundle, TSA.stamp(b""))).code == "RM505"
    finally:
        TSA.refuse = False


def test_a_timestamp_by_an_authority_that_was_not_valid_then_is_refused() -> None:
    old = TimestampAuthority(name="old", valid=(SIGNED - timedelta(days=9), SIGNED - timedelta(days=8)))
    keyring = Keyring(roots=[CORP], tsa_roots=[load_authority(old.root_pem, "old")])
    assert refused(stamped(authority=old), keyring).code == "RM514"


def test_a_timestamp_outlives_its_authoritys_certificate() -> None:
    past = TimestampAuthority(name="past", valid=(SIGNED - timedelta(days=9), SIGNED + timedelta(days=9)))
    keyring = Keyring(roots=[CORP], tsa_roots=[load_authority(past.root_pem, "past")])
    assert judge(stamped(authority=past), keyring=keyring).status == "trusted"


def test_a_certificate_for_code_proves_no_time() -> None:
    """A signer under the timestamps' own root cannot date its own signatures."""
    clock = pki.Authority("clock root")
    tsa = TimestampAuthority()
    signer = clock.signer("ci@example.test")
    tsa.certificate = pki.certificate_of(signer)
    tsa._key = signer._signer._key  # type: ignore[attr-defined]
    keyring = Keyring(roots=[CORP], tsa_roots=[load_authority(clock.pem, "clock")])
    error = refused(stamped(authority=tsa), keyring)
    assert error.code == "RM514"
    assert "timeStamping" in error.message


def test_of_several_the_earliest_proven_time_counts() -> None:
    bundle = stamped()
    ders = []
    for at in (SIGNED + timedelta(days=9), SIGNED, SIGNED + timedelta(days=8)):
        TSA.now = at
        ders.append(TSA.stamp(signature_of(bundle)))
    stranger = TimestampAuthority()
    stranger.now = SIGNED - timedelta(days=30)
    verdict = judge(with_timestamps(bundle, stranger.stamp(signature_of(bundle)), *ders))
    assert (verdict.signers[0].signed_at, verdict.signers[0].time_proven) == (SIGNED, True)


def test_a_keys_signature_has_its_time_too() -> None:
    (signed,) = judge(stamped(KEY)).signers
    assert (signed.kind, signed.signed_at, signed.time_proven) == ("key", SIGNED, True)
    (claimed,) = judge(stamped(KEY), keyring=Keyring(KEYRING)).signers
    assert (claimed.signed_at, claimed.time_proven, claimed.trusted) == (SIGNED, False, True)


@BOTH_MODES
def test_a_key_that_was_rotated_counts_for_what_is_proven_to_be_older(mode: Mode) -> None:
    keyring = Keyring([TrustedKey("ann", KEY.public, until=SIGNED + timedelta(days=1))], tsa_roots=[CLOCK])
    assert judge(stamped(KEY), keyring=keyring, mode=mode).status == "trusted"
    plain = sign_statement(KEY, DIGEST, SIGNATURE_PREDICATE, {})
    assert judge(plain, keyring=keyring, mode=mode, at=SIGNED).status == "trusted"


@pytest.mark.parametrize("stamp", [True, False])
def test_a_key_that_was_rotated_does_not_count_for_what_may_be_newer(stamp: bool) -> None:
    keyring = Keyring([TrustedKey("ann", KEY.public, until=SIGNED - timedelta(days=1))], tsa_roots=[CLOCK])
    bundle = stamped(KEY) if stamp else sign_statement(KEY, DIGEST, SIGNATURE_PREDICATE, {})
    verdict = judge(bundle, keyring=keyring)
    assert (verdict.status, verdict.signers[0].name, verdict.signers[0].trusted) == ("untrusted", "ann", False)
    assert verdict.warning == "the package is signed by `ann`, a key that was rotated and no longer counts"
    with pytest.raises(TrustError, match="rotated") as caught:
        judge(bundle, keyring=keyring, mode=Mode.PRODUCTION)
    assert caught.value.code == "RM502"


def test_a_strangers_timestamps_are_not_looked_at() -> None:
    stranger = with_timestamps(stamped(SigningKey.generate()), b"garbage")
    assert judge(stranger, stamped()).status == "trusted"


@pytest.mark.parametrize("revoked", ["before", "compromised later", "superseded later"])
def test_a_timestamp_authority_may_be_revoked(revoked: str) -> None:
    root = pki.Authority("clock root")
    tsa = _authority_below(root)
    at, reason = {
        "before": (SIGNED - timedelta(days=1), x509.ReasonFlags.superseded),
        "compromised later": (SIGNED + timedelta(days=1), x509.ReasonFlags.key_compromise),
        "superseded later": (SIGNED + timedelta(days=1), x509.ReasonFlags.superseded),
    }[revoked]
    entries = root.revocations((tsa.certificate.serial_number, at), reason=reason)
    keyring = Keyring(
        roots=[CORP],
        tsa_roots=[load_authority(root.pem, "clock")],
        crls=[parse_revocations(entries, "clock")],
    )
    if revoked == "superseded later":
        assert judge(stamped(authority=tsa), keyring=keyring).status == "trusted"
    else:
        assert refused(stamped(authority=tsa), keyring).code == "RM513"


@pytest.mark.parametrize("embedded", [True, False], ids=["with its certificate", "without"])
def test_openssls_timestamps_are_understood(tmp_path: Path, embedded: bool) -> None:
    """Whose token does not carry the certificate is known if the certificate is in the authority's file."""
    root = pki.Authority("clock root")
    tsa = _authority_below(root)
    bundle = sign_statement(ROOT.signer("ci@example.test"), DIGEST, SIGNATURE_PREDICATE, {})
    stamped = with_timestamps(bundle, _openssl_stamp(tmp_path, tsa, signature_of(bundle), embedded=embedded))
    for pem, proven in ((root.pem, embedded), (tsa.certificate.public_bytes(Encoding.PEM) + root.pem, True)):
        keyring = Keyring(roots=[CORP], tsa_roots=[load_authority(pem, "clock")])
        assert judge(stamped, keyring=keyring).signers[0].time_proven is proven


def _authority_below(root: pki.Authority) -> TimestampAuthority:
    tsa = TimestampAuthority()
    tsa.certificate = root.issue(
        pki.named("tsa"), tsa.certificate.public_key(), [(pki.usage(sign=True), True), pki.TIME_STAMPING]
    )
    return tsa


def _openssl_stamp(directory: Path, tsa: TimestampAuthority, signature: bytes, *, embedded: bool) -> bytes:
    (directory / "sig").write_bytes(signature)
    (directory / "tsa.pem").write_bytes(tsa.certificate.public_bytes(Encoding.PEM))
    key = tsa._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (directory / "tsa.key").write_bytes(key)
    (directory / "serial").write_text("01")
    (directory / "ts.cnf").write_text(_OPENSSL)
    run = ["openssl", "ts", "-query", "-data", "sig", "-sha256", "-out", "query", *(["-cert"] if embedded else [])]
    subprocess.run(run, cwd=directory, check=True, capture_output=True)
    run = [
        "openssl",
        "ts",
        "-reply",
        "-queryfile",
        "query",
        "-signer",
        "tsa.pem",
        "-inkey",
        "tsa.key",
        "-config",
        "ts.cnf",
    ]
    subprocess.run([*run, "-out", "reply"], cwd=directory, check=True, capture_output=True)
    return (directory / "reply").read_bytes()


_OPENSSL = """\
[tsa]
default_tsa = clock
[clock]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
