"""Bundles with certificates, timestamps and log entries, altered anywhere: refused, untrusted, or the same verdict."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remotemedia.errors import TrustError
from remotemedia.trust import SIGNATURE_PREDICATE, Keyring, Mode, Signed, sign_statement, statement_payload, verify
from remotemedia.trust._certificates import load_authority
from remotemedia.trust._trust_directory import parse_identity
from tests.simulators.pki import Authority
from tests.simulators.sigstore_instance import SigstoreInstance
from tests.simulators.tsa import TimestampAuthority

DIGEST = "sha256:" + "ab" * 32
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SIGNED = datetime(2024, 3, 1, 12, tzinfo=UTC)
ROOT = Authority("root")
TSA = TimestampAuthority()
TSA.now = SIGNED
INSTANCE = SigstoreInstance()
KEYRING = Keyring(
    roots=[load_authority(ROOT.pem, "corp")],
    tsa_roots=[load_authority(TSA.root_pem, "clock")],
    identities=[parse_identity({"identity": "ci@a.test", "issuer": "https://a.test"}, INSTANCE.trusted_root(), "ci")],
)
SIGNER = ROOT.signer("ci@example.test", valid=(SIGNED - timedelta(hours=1), SIGNED + timedelta(hours=1)))
STAMPED = sign_statement(SIGNER, DIGEST, SIGNATURE_PREDICATE, {}, timestamp=TSA.stamp)
KEYLESS = INSTANCE.sign("ci@a.test", "https://a.test", statement_payload(DIGEST, SIGNATURE_PREDICATE, {}))
CODES = {"RM503", "RM504", "RM505", "RM511", "RM512", "RM513", "RM514", "RM515"}


def signed(bundle: bytes) -> Signed | None:
    """Give who is found to have signed, or None if the bundle is refused or by nobody trusted."""
    try:
        verdict = verify(DIGEST, [bundle], KEYRING, Mode.DEVELOPMENT, at=NOW)
    except TrustError as error:
        if error.code not in CODES:
            raise
        return None
    return verdict.signers[0] if verdict.status == "trusted" else None


def flipped(data: bytes, position: int, flip: int) -> bytes:
    changed = bytearray(data)
    changed[position % len(data)] ^= flip
    return bytes(changed)


def fields(bundle: bytes) -> Iterator[tuple[str | int, ...]]:
    """Give the places of binary fields: what is behind their base64 is altered too."""
    material = ("verificationMaterial",)
    yield (*material, "certificate", "rawBytes")
    yield ("dsseEnvelope", "payload")
    yield ("dsseEnvelope", "signatures", 0, "sig")
    if "timestampVerificationData" in json.loads(bundle)["verificationMaterial"]:
        yield (*material, "timestampVerificationData", "rfc3161Timestamps", 0, "signedTimestamp")
    else:
        yield (*material, "tlogEntries", 0, "canonicalizedBody")
        yield (*material, "tlogEntries", 0, "inclusionPromise", "signedEntryTimestamp")
        yield (*material, "tlogEntries", 0, "inclusionProof", "rootHash")


def with_flipped_field(bundle: bytes, path: tuple[str | int, ...], position: int, flip: int) -> bytes:
    document: Any = json.loads(bundle)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = base64.b64encode(flipped(base64.b64decode(place[path[-1]]), position, flip)).decode()
    return json.dumps(document).encode()


@pytest.mark.parametrize("bundle", [STAMPED, KEYLESS], ids=["stamped", "keyless"])
@settings(max_examples=50)
@given(position=st.integers(0, 20_000), flip=st.integers(1, 255))
def test_a_changed_byte_changes_nothing_or_ends_the_trust(bundle: bytes, position: int, flip: int) -> None:
    assert signed(flipped(bundle, position, flip)) in {None, signed(bundle)}


@pytest.mark.parametrize("bundle", [STAMPED, KEYLESS], ids=["stamped", "keyless"])
@settings(max_examples=60)
@given(data=st.data(), position=st.integers(0, 5_000), flip=st.integers(1, 255))
def test_a_changed_byte_behind_base64_changes_nothing_or_ends_the_trust(
    bundle: bytes, data: st.DataObject, position: int, flip: int
) -> None:
    path = data.draw(st.sampled_from(list(fields(bundle))))
    assert signed(with_flipped_field(bundle, path, position, flip)) in {None, signed(bundle)}


@pytest.mark.parametrize("bundle", [STAMPED, KEYLESS], ids=["stamped", "keyless"])
@settings(max_examples=30)
@given(end=st.integers(0, 20_000))
def test_a_bundle_that_is_cut_is_refused(bundle: bytes, end: int) -> None:
    assert signed(bundle[: end % len(bundle)]) is None


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes_as_certificate_or_timestamp_are_no_trust(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    for path in ("certificate", "timestampVerificationData"):
        document = json.loads(STAMPED)
        material = document["verificationMaterial"]
        entry = {"rawBytes": text} if path == "certificate" else {"rfc3161Timestamps": [{"signedTimestamp": text}]}
        material[path] = entry
        assert signed(json.dumps(document).encode()) is None


def test_a_verdict_depends_on_its_arguments_alone() -> None:
    bundles = [STAMPED, KEYLESS]
    first = verify(DIGEST, bundles, KEYRING, Mode.PRODUCTION, at=NOW)
    assert verify(DIGEST, bundles, KEYRING, Mode.PRODUCTION, at=NOW) == first
    assert {one.kind for one in first.signers} == {"certificate", "keyless"}
