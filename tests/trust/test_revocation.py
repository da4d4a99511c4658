"""Revocation lists: what an authority took back is refused from then on, and not before."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from remotemedia.errors import TrustError
from remotemedia.trust import (
    SIGNATURE_PREDICATE,
    CertificateSigner,
    Keyring,
    Mode,
    RevocationList,
    Verdict,
    sign_statement,
    verify,
)
from remotemedia.trust._certificates import load_authority
from remotemedia.trust._trust_directory import parse_revocations
from tests.simulators.pki import Authority, certificate_of, usage
from tests.simulators.tsa import TimestampAuthority

DIGEST = "sha256:" + "ab" * 32
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ROOT = Authority("root")
ISSUING = ROOT.authority("issuing", path_length=0)
SIGNER = ISSUING.signer("ci@example.test")
SERIAL = certificate_of(SIGNER).serial_number
CORP = load_authority(ISSUING.pem + ROOT.pem, "corp")
TSA = TimestampAuthority()
CLOCK = load_authority(TSA.root_pem, "clock")
PLAIN = sign_statement(SIGNER, DIGEST, SIGNATURE_PREDICATE, {})


def stamped(at: datetime) -> bytes:
    TSA.now = at
    return sign_statement(SIGNER, DIGEST, SIGNATURE_PREDICATE, {}, timestamp=TSA.stamp)


def judge(bundle: bytes, *lists: bytes, mode: Mode = Mode.PRODUCTION) -> Verdict:
    crls: list[RevocationList] = [parse_revocations(data, f"list-{number}") for number, data in enumerate(lists, 1)]
    return verify(DIGEST, [bundle], Keyring(roots=[CORP], tsa_roots=[CLOCK], crls=crls), mode, at=NOW)


def refused(bundle: bytes, *lists: bytes) -> TrustError:
    for mode in Mode:
        with pytest.raises(TrustError) as caught:
            judge(bundle, *lists, mode=mode)
        assert caught.value.code == "RM513"
    return caught.value


def test_a_list_without_the_certificate_changes_nothing() -> None:
    verdict = judge(PLAIN, ISSUING.revocations((SERIAL + 1, NOW - DAY)), ROOT.revocations())
    assert (verdict.status, verdict.warning, verdict.stale) == ("trusted", None, ())
    assert (
        12,
        "no certificate on the path was revoked by 2026-06-01 00:00 UTC",
        True,
        "the signature",
    ) in verdict.checks


def test_a_revoked_certificate_is_refused() -> None:
    error = refused(PLAIN, ISSUING.revocations((SERIAL, NOW - DAY)))
    assert "list-1" in error.message


def test_a_revoked_authority_is_refused() -> None:
    refused(PLAIN, ROOT.revocations((ISSUING.certificate.serial_number, NOW - DAY)))


@pytest.mark.parametrize(("days", "good"), [(-2, True), (0, False), (2, False)])
def test_what_was_signed_before_the_revocation_stays_good(days: int, good: bool) -> None:
    revoked = NOW - 30 * DAY
    bundle, entries = stamped(revoked + days * DAY), ISSUING.revocations((SERIAL, revoked))
    if good:
        assert judge(bundle, entries).status == "trusted"
    else:
        refused(bundle, entries)


def test_a_key_that_is_suspected_since_earlier_is_refused_since_then() -> None:
    entries = ISSUING.revocations((SERIAL, NOW - DAY), suspected=NOW - 30 * DAY, reason=x509.ReasonFlags.key_compromise)
    refused(stamped(NOW - 20 * DAY), entries)
    assert judge(stamped(NOW - 40 * DAY), entries).status == "trusted"


def test_a_revocation_to_come_does_not_count_yet() -> None:
    assert judge(PLAIN, ISSUING.revocations((SERIAL, NOW + DAY))).status == "trusted"


@pytest.mark.parametrize("issued", [NOW - 9 * DAY, NOW + DAY], ids=["overdue", "to come"])
def test_a_list_that_does_not_speak_for_now_is_said(issued: datetime) -> None:
    verdict = judge(PLAIN, ISSUING.revocations(issued=issued, due=issued + 7 * DAY))
    assert (verdict.status, verdict.stale) == ("trusted", ("list-1",))
    assert verdict.warning == "the revocation list `list-1` is overdue; a revocation may be missing"
    assert (12, "the revocation list `list-1` is current", False, "") in verdict.checks


def test_an_overdue_list_still_revokes() -> None:
    refused(PLAIN, ISSUING.revocations((SERIAL, NOW - 8 * DAY), issued=NOW - 9 * DAY, due=NOW - 2 * DAY))


def test_a_list_that_its_authority_did_not_sign_is_refused() -> None:
    forged = ISSUING.revocations(key=ec.generate_private_key(ec.SECP256R1()))
    assert "signed by `CN=issuing`" in refused(PLAIN, forged).message


def test_a_list_by_an_authority_that_may_not_sign_lists_is_refused() -> None:
    issuer = Authority("plain", is_authority=False)
    issuer.certificate = ROOT.issue(
        issuer.name,
        issuer.key.public_key(),
        [(x509.BasicConstraints(ca=True, path_length=None), True), (usage(certificates=True, lists=False), True)],
    )
    bundle = sign_statement(issuer.signer("ci@example.test"), DIGEST, SIGNATURE_PREDICATE, {})
    keyring = Keyring(
        roots=[load_authority(issuer.pem + ROOT.pem, "corp")], crls=[parse_revocations(issuer.revocations(), "one")]
    )
    with pytest.raises(TrustError) as caught:
        verify(DIGEST, [bundle], keyring, Mode.DEVELOPMENT, at=NOW)
    assert caught.value.code == "RM513"


def test_lists_of_others_are_not_asked() -> None:
    other = Authority("other")
    forged = other.revocations((SERIAL, NOW - DAY), due=NOW - DAY, key=ec.generate_private_key(ec.SECP256R1()))
    verdict = judge(PLAIN, forged)
    assert (verdict.status, verdict.stale) == ("trusted", ())


def test_lists_are_read_as_pem_and_der() -> None:
    pem = ISSUING.revocations((SERIAL, NOW - DAY))
    refused(PLAIN, x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        ISSUING.revocations(extensions=[(x509.DeltaCRLIndicator(1), True)]),
        ISSUING.pem,
    ],
    ids=["empty", "malformed", "delta", "certificate"],
)
def test_what_is_no_full_list_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="list"):
        parse_revocations(data, "x")


def rolled_over(old: Authority, new: Authority, *lists: bytes) -> Keyring:
    crls = [parse_revocations(data, f"list-{number}") for number, data in enumerate(lists, 1)]
    return Keyring(roots=[load_authority(old.pem + new.pem, "corp")], crls=crls)


def identified(authority: Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())


def status_under(signer: CertificateSigner, keyring: Keyring) -> str:
    bundle = sign_statement(signer, DIGEST, SIGNATURE_PREDICATE, {})
    return verify(DIGEST, [bundle], keyring, Mode.PRODUCTION, at=NOW).status


@pytest.mark.parametrize("says_key", [True, False])
def test_an_authority_with_a_new_key_of_the_same_name_has_a_list_by_each(says_key: bool) -> None:
    old, new = Authority("corp root"), Authority("corp root")
    by_new = new.revocations(extensions=[(identified(new), False)] if says_key else [])
    for authority in (old, new):
        assert status_under(authority.signer("ci@example.test"), rolled_over(old, new, by_new)) == "trusted"
    revoked = old.signer("ci@example.test")
    by_old = old.revocations((certificate_of(revoked).serial_number, NOW - DAY))
    with pytest.raises(TrustError, match="was revoked"):
        status_under(revoked, rolled_over(old, new, by_new, by_old))


def test_a_list_that_names_a_key_which_did_not_sign_it_is_refused() -> None:
    forged = ISSUING.revocations(key=ec.generate_private_key(ec.SECP256R1()), extensions=[(identified(ISSUING), False)])
    refused(PLAIN, forged)


def test_a_list_by_a_key_of_the_same_name_that_is_not_known_here_is_not_asked() -> None:
    other = Authority("issuing")
    assert judge(PLAIN, other.revocations(extensions=[(identified(other), False)])).status == "trusted"
