"""What others attach to a package, and what no longer counts: no harm beside a trusted signature, no help without."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from remotemedia.errors import TrustError
from remotemedia.trust import (
    BUNDLE_MEDIA_TYPE,
    PROVENANCE_PREDICATE,
    SIGNATURE_PREDICATE,
    Keyring,
    Mode,
    Signer,
    SigningKey,
    TrustedKey,
    Verdict,
    pae,
    sign_statement,
    verify,
)
from remotemedia.trust._certificates import load_authority
from remotemedia.trust._trust_directory import parse_revocations
from tests.simulators.pki import START, Authority, certificate_of

DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
OURS = SigningKey.generate()
THEIRS = SigningKey.generate()
ROOT = Authority("root")
CORP = load_authority(ROOT.pem, "corp")
KEYRING = Keyring([TrustedKey("ann", OURS.public)], roots=[CORP])
BOTH_MODES = pytest.mark.parametrize("mode", list(Mode))

STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"digest": {"sha256": "ab" * 32}}],
    "predicateType": SIGNATURE_PREDICATE,
    "predicate": {},
}
COMMIT = {"name": "source", "digest": {"gitCommit": "a" * 40}}


def signature(signer: Signer = OURS, digest: str = DIGEST) -> bytes:
    return sign_statement(signer, digest, SIGNATURE_PREDICATE, {})


def saying(statement: dict[str, Any], signer: Signer = THEIRS) -> bytes:
    """Give a bundle with any statement, signed properly."""
    kind, payload = "application/vnd.in-toto+json", json.dumps(statement).encode()
    proof = base64.b64encode(signer.sign(pae(kind, payload))).decode()
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"sig": proof}],
    }
    return json.dumps(
        {"mediaType": BUNDLE_MEDIA_TYPE, "verificationMaterial": signer.material(), "dsseEnvelope": envelope}
    ).encode()


def judge(bundles: Sequence[bytes], mode: Mode = Mode.DEVELOPMENT, keyring: Keyring = KEYRING) -> Verdict:
    return verify(DIGEST, bundles, keyring, mode, at=NOW)


def refused(bundles: Sequence[bytes], mode: Mode, keyring: Keyring = KEYRING) -> str:
    with pytest.raises(TrustError) as caught:
        judge(bundles, mode, keyring)
    return caught.value.code


@pytest.mark.parametrize(
    "statement",
    [
        {**STATEMENT, "note": "x"},
        {**STATEMENT, "subject": [*STATEMENT["subject"], COMMIT]},
        {**STATEMENT, "subject": [COMMIT, *STATEMENT["subject"]]},
        {**STATEMENT, "subject": [{"digest": {"sha256": "AB"}}, *STATEMENT["subject"]]},
    ],
    ids=["a field of its own", "a commit too", "a commit first", "another form of digest"],
)
@BOTH_MODES
def test_what_a_statement_has_beyond_what_is_known_is_passed_over(statement: dict[str, Any], mode: Mode) -> None:
    assert judge([saying(statement, OURS)], mode).status == "trusted"


STRANGERS = {
    "no bundle": (b"{}", [1], "RM505"),
    "another type of statement": (saying({**STATEMENT, "_type": "x"}), [1], "RM505"),
    "of a commit alone": (saying({**STATEMENT, "subject": [COMMIT]}), [1], "RM505"),
    "of another package": (signature(THEIRS, OTHER), [2, 4], "RM504"),
}


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)], ids=["first", "last"])
@BOTH_MODES
def test_what_strangers_attach_does_no_harm(name: str, order: slice, mode: Mode) -> None:
    data, numbers, _ = STRANGERS[name]
    verdict = judge([data, signature()][order], mode)
    assert (verdict.status, verdict.key_name, len(verdict.statements)) == ("trusted", "ann", 1)
    assert [check.number for check in verdict.checks if not check.ok] == [*numbers, 7]


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("beside", [[], [signature(THEIRS)], [sign_statement(OURS, DIGEST, PROVENANCE_PREDICATE, {})]])
@BOTH_MODES
def test_it_is_refused_where_no_trusted_signature_is_left(name: str, beside: list[bytes], mode: Mode) -> None:
    data, _, code = STRANGERS[name]
    assert refused([*beside, data], mode) == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (signature()[:-1], "RM505"),
        (saying({**STATEMENT, "_type": "x"}, OURS), "RM505"),
        (signature(OURS, OTHER), "RM504"),
        (signature(ROOT.signer("ci@example.test"), OTHER), "RM504"),
    ],
    ids=["cut", "no statement", "another package", "another package, by certificate"],
)
@BOTH_MODES
def test_the_same_in_the_name_of_somebody_trusted_is_refused_all_the_same(data: bytes, code: str, mode: Mode) -> None:
    assert refused([signature(), data], mode) == code


@BOTH_MODES
@pytest.mark.parametrize("strangers", [[b"{}"] * 300, [signature(THEIRS)] * 300], ids=["garbage", "signatures"])
def test_a_flood_of_strangers_leaves_the_authors_signatures_alone(strangers: list[bytes], mode: Mode) -> None:
    by_certificate = signature(ROOT.signer("ci@example.test"))
    verdict = judge([*strangers, signature(), by_certificate], mode)
    assert [it.name for it in verdict.signers if it.trusted] == ["ann", "corp"]
    assert (verdict.passed_over, verdict.checks[0].number, verdict.checks[0].ok) == (238, 15, False)
    assert verdict.warning == "238 statements about the package were passed over; it has too many"


def test_sixty_four_are_all_judged() -> None:
    assert len(judge([signature(THEIRS)] * 63 + [signature()]).statements) == 64


EXPIRED = signature(ROOT.signer("ci@example.test", valid=(START, START + 30 * DAY)))


@BOTH_MODES
def test_an_expired_certificate_does_no_harm_beside_a_signature_that_counts(mode: Mode) -> None:
    verdict = judge([EXPIRED, signature()], mode)
    assert (verdict.status, verdict.key_name, verdict.warning) == ("trusted", "ann", None)
    assert [check.number for check in verdict.checks if not check.ok] == [11, 7]


REVOKED = ROOT.signer("ci@example.test")
LIST = parse_revocations(ROOT.revocations((certificate_of(REVOKED).serial_number, NOW - DAY)), "corp.list")
INFORMED = Keyring([TrustedKey("ann", OURS.public)], roots=[CORP], crls=[LIST])


@BOTH_MODES
def test_a_revoked_certificate_does_no_harm_beside_a_signature_that_counts(mode: Mode) -> None:
    verdict = judge([signature(REVOKED), signature()], mode, INFORMED)
    assert (verdict.status, verdict.key_name) == ("trusted", "ann")
    (revoked, good) = verdict.signers
    assert (revoked.name, revoked.trusted, good.trusted) == ("corp", False, True)
    assert "was revoked" in (revoked.flaw or "")
    assert [check.number for check in verdict.checks if not check.ok] == [12, 7]


@pytest.mark.parametrize("beside", [[], [signature(THEIRS)], [EXPIRED]], ids=["alone", "stranger", "expired"])
@BOTH_MODES
def test_a_revoked_certificate_is_refused_where_no_trusted_signature_is_left(beside: list[bytes], mode: Mode) -> None:
    assert refused([*beside, signature(REVOKED)], mode, INFORMED) == "RM513"


FOR_SERVERS = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
FOR_OTHER_NAMES = x509.NameConstraints(permitted_subtrees=[x509.RFC822Name("other.test")], excluded_subtrees=None)
ELSEWHERE = ROOT.authority("elsewhere", extensions=[(FOR_OTHER_NAMES, True)])
ONE_OF_US = load_authority(ELSEWHERE.pem + ROOT.pem, "corp", ("ci@example.test",))
NARROW = Keyring([TrustedKey("ann", OURS.public)], roots=[ONE_OF_US])


def broken(signer: Signer) -> bytes:
    """Give a bundle whose signature is none."""
    document = json.loads(signature(signer))
    document["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(b"none").decode()
    return json.dumps(document).encode()


COLLEAGUES = {
    "for servers": (signature(ROOT.signer("www.example.test", extended=FOR_SERVERS)), "RM511", 10),
    "for servers, and broken": (broken(ROOT.signer("www.example.test", extended=FOR_SERVERS)), "RM511", 10),
    "for nothing": (signature(ROOT.signer("ci@example.test", extended=None)), "RM511", 10),
    "two names": (signature(ROOT.signer("ci@example.test", "bob@example.test")), "RM511", 10),
    "outside of its names": (signature(ELSEWHERE.signer("ci@example.test")), "RM511", 10),
    "somebody else, of another package": (signature(ROOT.signer("bob@example.test"), OTHER), "RM504", 4),
    "somebody else, and broken": (broken(ROOT.signer("bob@example.test")), "RM503", 3),
}


@pytest.mark.parametrize("name", COLLEAGUES)
@pytest.mark.parametrize("good", [signature(), signature(ROOT.signer("ci@example.test"))], ids=["key", "certificate"])
@BOTH_MODES
def test_whom_an_authority_certifies_does_no_harm_if_it_is_not_trusted_for_them(
    name: str, good: bytes, mode: Mode
) -> None:
    data, code, number = COLLEAGUES[name]
    verdict = judge([data, good], mode, NARROW)
    assert (verdict.status, [it.trusted for it in verdict.signers][-1]) == ("trusted", True)
    assert number in [check.number for check in verdict.checks if not check.ok]
    assert refused([data], mode, NARROW) == code


def test_who_is_trusted_and_signed_wrongly_is_refused_whoever_else_signed() -> None:
    ann = ROOT.signer("ci@example.test")
    assert refused([signature(), broken(ann)], Mode.DEVELOPMENT, NARROW) == "RM503"
    assert refused([signature(), signature(ann, OTHER)], Mode.DEVELOPMENT, NARROW) == "RM504"


def test_what_a_certificate_is_for_is_said_as_it_is() -> None:
    with pytest.raises(TrustError) as caught:
        judge([signature(ROOT.signer("ci@example.test", extended=None))])
    assert caught.value.message == (
        "the certificate by `corp` is refused: expected the extended key usage `codeSigning`, got none"
    )
