"""Verdicts about signatures: what is trusted, what is refused, and with which code."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia.errors import TrustError
from remotemedia.trust import (
    PROVENANCE_PREDICATE,
    SIGNATURE_PREDICATE,
    Keyring,
    Mode,
    SigningKey,
    TrustedKey,
    Verdict,
    pae,
    sign_statement,
    verify,
)

DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32
OURS = SigningKey.generate()
THEIRS = SigningKey.generate()
KEYRING = Keyring([TrustedKey("ann", OURS.public)])
BOTH_MODES = pytest.mark.parametrize("mode", list(Mode))


def signature(key: SigningKey, digest: str = DIGEST) -> bytes:
    return sign_statement(key, digest, SIGNATURE_PREDICATE, {})


def provenance(key: SigningKey) -> bytes:
    return sign_statement(key, DIGEST, PROVENANCE_PREDICATE, {"buildDefinition": {}, "runDetails": {}})


def judge(bundles: Sequence[bytes], mode: Mode = Mode.DEVELOPMENT) -> Verdict:
    return verify(DIGEST, bundles, KEYRING, mode)


def refused(bundles: Sequence[bytes], mode: Mode = Mode.DEVELOPMENT) -> str:
    with pytest.raises(TrustError) as caught:
        judge(bundles, mode)
    return caught.value.code


def altered(bundle: bytes, *path: str | int, value: Any) -> bytes:
    """Give the bundle with one value of its JSON replaced."""
    document = json.loads(bundle)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(document).encode()


def resigned(bundle: bytes, key: SigningKey, statement: dict[str, Any]) -> bytes:
    """Give the bundle with another statement, signed properly."""
    payload = json.dumps(statement).encode()
    signed = altered(bundle, "dsseEnvelope", "payload", value=base64.b64encode(payload).decode())
    proof = base64.b64encode(key.sign(pae("application/vnd.in-toto+json", payload))).decode()
    return altered(signed, "dsseEnvelope", "signatures", 0, "sig", value=proof)


@BOTH_MODES
def test_a_signature_by_a_trusted_key_is_trusted(mode: Mode) -> None:
    verdict = judge([signature(OURS)], mode)
    assert (verdict.status, verdict.key_name, verdict.fingerprint) == ("trusted", "ann", OURS.public.fingerprint)
    assert verdict.provenance == "unsigned"
    assert verdict.warning is None


def test_the_checks_are_numbered_and_say_what_held() -> None:
    checks = judge([signature(OURS), provenance(OURS)]).checks
    assert [check.number for check in checks] == [1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7]
    assert all(check.ok for check in checks)


def test_no_signature() -> None:
    assert judge([]).status == "unsigned"
    assert judge([]).warning == "the package is not signed"
    assert refused([], Mode.PRODUCTION) == "RM501"


def test_a_stranger_signature() -> None:
    verdict = judge([signature(THEIRS)])
    assert (verdict.status, verdict.key_name, verdict.fingerprint) == ("untrusted", None, THEIRS.public.fingerprint)
    assert refused([signature(THEIRS)], Mode.PRODUCTION) == "RM502"


def test_a_strangers_signature_cannot_be_wrong_only_unknown() -> None:
    broken = altered(signature(THEIRS), "dsseEnvelope", "signatures", 0, "sig", value="AAAA")
    assert judge([broken]).status == "untrusted"
    assert refused([broken], Mode.PRODUCTION) == "RM502"


@BOTH_MODES
@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_one_trusted_signature_among_strangers_is_enough(mode: Mode, order: slice) -> None:
    verdict = judge([signature(THEIRS), signature(OURS)][order], mode)
    assert (verdict.status, verdict.key_name) == ("trusted", "ann")


@BOTH_MODES
def test_a_wrong_signature_is_refused_even_beside_a_right_one(mode: Mode) -> None:
    wrong = altered(signature(THEIRS), "verificationMaterial", "publicKey", "hint", value=OURS.public.hint)
    assert refused([signature(OURS), wrong], mode) == "RM503"


@BOTH_MODES
@pytest.mark.parametrize("key", [OURS, THEIRS])
def test_a_signature_of_another_package_is_refused(mode: Mode, key: SigningKey) -> None:
    assert refused([signature(key, OTHER)], mode) == "RM504"


@BOTH_MODES
def test_the_signature_is_checked_before_its_subject_is_believed(mode: Mode) -> None:
    forged = altered(signature(THEIRS, OTHER), "verificationMaterial", "publicKey", "hint", value=OURS.public.hint)
    assert refused([forged], mode) == "RM503"


def test_provenance_alone_is_no_signature() -> None:
    verdict = judge([provenance(OURS)])
    assert (verdict.status, verdict.provenance) == ("unsigned", "trusted")
    assert refused([provenance(OURS)], Mode.PRODUCTION) == "RM501"


def test_provenance_by_a_stranger_does_not_spoil_a_signature() -> None:
    verdict = judge([signature(OURS), provenance(THEIRS)], Mode.PRODUCTION)
    assert (verdict.status, verdict.provenance) == ("trusted", "untrusted")


def test_a_certificate_in_place_of_a_key_is_a_stranger() -> None:
    bundle = altered(
        signature(THEIRS),
        "verificationMaterial",
        value={"certificate": {"rawBytes": "MA=="}, "tlogEntries": []},
    )
    assert judge([bundle]).fingerprint == "a certificate"
    assert refused([bundle], Mode.PRODUCTION) == "RM502"


def test_a_hint_of_another_form_is_shown_cut_and_escaped() -> None:
    bundle = altered(signature(THEIRS), "verificationMaterial", "publicKey", "hint", value="\x1b[31m" * 100)
    fingerprint = judge([bundle]).fingerprint
    assert fingerprint is not None
    assert fingerprint.isprintable()
    assert len(fingerprint) < 60


def test_a_statement_of_several_subjects_covers_each() -> None:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": "cd" * 32}}, {"name": "it", "digest": {"sha256": "ab" * 32}}],
        "predicateType": SIGNATURE_PREDICATE,
    }
    assert judge([resigned(signature(OURS), OURS, statement)]).status == "trusted"


def test_a_statement_as_cosign_attest_writes_it_is_read() -> None:
    statement = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "subject": [{"name": "it", "digest": {"sha256": "ab" * 32}}],
        "predicateType": PROVENANCE_PREDICATE,
        "predicate": {},
    }
    assert judge([resigned(signature(OURS), OURS, statement)]).provenance == "trusted"


UNREADABLE = {
    "empty": b"",
    "not JSON": b"{",
    "not an object": b"[]",
    "not UTF-8": b'{"mediaType":"\xff"}',
    "key twice": b'{"mediaType":1,"mediaType":2}',
    "too deep": b'{"mediaType":' + b"[" * 100_000,
    "too large": b'{"mediaType":"' + b"x" * (5 << 20) + b'"}',
    "lone surrogate": b'{"mediaType":"\\ud800"}',
    "other version": altered(signature(OURS), "mediaType", value="application/vnd.dev.sigstore.bundle.v0.2+json"),
    "unknown field": altered(signature(OURS), "extra", value=1),
    "no signer": altered(signature(OURS), "verificationMaterial", value={}),
    "two signers": altered(
        signature(OURS), "verificationMaterial", value={"publicKey": {"hint": OURS.public.hint}, "certificate": {}}
    ),
    "no envelope": json.dumps({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}).encode(),
    "other payload": altered(signature(OURS), "dsseEnvelope", "payloadType", value="text/plain"),
    "no signatures": altered(signature(OURS), "dsseEnvelope", "signatures", value=[]),
    "signature not base64": altered(signature(OURS), "dsseEnvelope", "signatures", 0, "sig", value="*"),
    "payload not base64": altered(signature(OURS), "dsseEnvelope", "payload", value="A"),
    "hint not a text": altered(signature(OURS), "verificationMaterial", "publicKey", "hint", value=1),
}
NO_STATEMENTS: dict[str, dict[str, Any]] = {
    "other type": {"_type": "https://in-toto.io/Statement/v2", "subject": [], "predicateType": "x"},
    "no subject": {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "x"},
    "no digest": {"_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {}}], "predicateType": "x"},
    "upper case": {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": "AB" * 32}}],
        "predicateType": "x",
    },
    "no predicate type": {"_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {"sha256": "ab" * 32}}]},
}


@BOTH_MODES
@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_refused(name: str, mode: Mode) -> None:
    assert refused([UNREADABLE[name]], mode) == "RM505"


@pytest.mark.parametrize("name", NO_STATEMENTS)
def test_what_is_no_statement_is_refused_even_if_signed(name: str) -> None:
    assert refused([resigned(signature(OURS), OURS, NO_STATEMENTS[name])]) == "RM505"


BUNDLE = signature(OURS)


@given(position=st.integers(0, len(BUNDLE) - 1), flip=st.integers(1, 255))
def test_a_bundle_with_a_changed_byte_is_never_trusted(position: int, flip: int) -> None:
    changed = bytearray(BUNDLE)
    changed[position] ^= flip
    try:
        verdict = judge([bytes(changed)])
    except TrustError as error:
        assert error.code in {"RM503", "RM504", "RM505"}  # noqa: PT017 - some changes end in another key's hint
    else:
        assert verdict.status != "trusted"


def test_no_single_changed_byte_of_a_bundle_is_trusted() -> None:
    """Every position, with the flips that stay readable most often: case and the lowest bit."""
    for position in range(len(BUNDLE)):
        for flip in (0x01, 0x20):
            changed = bytearray(BUNDLE)
            changed[position] ^= flip
            try:
                status = judge([bytes(changed)]).status
            except TrustError:
                continue
            assert status != "trusted", position


@given(position=st.integers(0, len(DIGEST) - 1), character=st.characters(max_codepoint=0x10FF))
def test_a_changed_digest_is_never_trusted(position: int, character: str) -> None:
    changed = DIGEST[:position] + character + DIGEST[position + 1 :]
    if changed != DIGEST:
        with pytest.raises(TrustError):
            verify(changed, [BUNDLE], KEYRING, Mode.DEVELOPMENT)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_bundle_are_refused_with_a_code(data: bytes) -> None:
    assert refused([data]) == "RM505"
