"""When a signature existed, as a timestamp authority proves it (RFC 3161)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from remotemedia.errors import TrustError
from remotemedia.trust._bundle import Bundle
from remotemedia.trust._certificates import MALFORMED, issuer_among, load_leaf
from remotemedia.trust._keyring import Authority, Keyring
from remotemedia.trust._path import expect_timestamper, validate_path
from remotemedia.trust._revocation import refuse_revoked


@dataclass(frozen=True)
class Timestamp:
    """A time, and the authority that proves it; None where the user trusts no such authority: a mere claim.

    Attributes:
        lists: names of the revocation lists that were asked about the authority.
    """

    at: datetime
    authority: str | None
    lists: tuple[str, ...] = ()


def earliest(bundle: Bundle, keyring: Keyring) -> Timestamp | None:
    """Give the earliest proven time of a bundle's signature, else the first claimed one, else None.

    Raises:
        TrustError: RM505, a timestamp cannot be read; RM513, a trusted authority's certificate was revoked;
            RM514, its timestamp is wrong.
    """
    stamps = [_judge(der, bundle.signature, keyring) for der in bundle.timestamps]
    proven = [stamp for stamp in stamps if stamp.authority is not None]
    return min(proven, key=lambda stamp: stamp.at) if proven else next(iter(stamps), None)


def time_of(der: bytes) -> datetime:
    """Give the time that a timestamp claims; raises `TrustError` RM505."""
    try:
        return _time_in(decode_timestamp_response(der))
    except MALFORMED as exc:
        raise _unreadable(der, exc) from exc


def _judge(der: bytes, signature: bytes, keyring: Keyring) -> Timestamp:
    try:
        response = decode_timestamp_response(der)
        at = _time_in(response)
        signers = [(info.issuer, info.serial_number) for info in response.signed_data.signer_infos]
        embedded = [load_leaf(one) for one in response.signed_data.certificates]
    except MALFORMED as exc:
        raise _unreadable(der, exc) from exc
    for authority in keyring.tsa_roots:
        candidates = [one for one in (*embedded, *authority.certificates) if one is not None]
        signer = next((one for one in candidates if (one.issuer, one.serial_number) in signers), None)
        if signer is not None and (signer in authority.certificates or issuer_among(signer, authority.certificates)):
            return _checked(response, signature, signer, authority, keyring)
    return Timestamp(at, None)


def _checked(
    response: TimeStampResponse, signature: bytes, signer: x509.Certificate, authority: Authority, keyring: Keyring
) -> Timestamp:
    """Check a timestamp that a trusted authority is said to have made."""
    at = _time_in(response)
    try:
        expect_timestamper(signer)
        chain = validate_path(signer, authority, at)
        roots = [one for one in authority.roots if one != signer]
        intermediates = [one for one in authority.intermediates if one != signer]
        verifier = VerifierBuilder(tsa_certificate=signer, intermediates=intermediates, roots=roots).build()
        verifier.verify_message(response, signature)
    except (VerificationError, *MALFORMED) as exc:
        raise TrustError(
            f"the timestamp by `{authority.name}` ({at:%Y-%m-%d %H:%M} UTC) is wrong: {exc}",
            code="RM514",
            hint="the signature or its timestamp was altered; fetch the package again from its source",
            authority=authority.name,
        ) from exc
    lists = refuse_revoked(chain, keyring, at, proves_times=True)
    return Timestamp(at, authority.name, lists)


def _time_in(response: TimeStampResponse) -> datetime:
    return response.tst_info.gen_time.astimezone(UTC)


def _unreadable(der: bytes, why: Exception) -> TrustError:
    return TrustError(
        f"expected an RFC 3161 timestamp in the bundle, got {len(der)} bytes that are none: {why}",
        code="RM505",
        hint="fetch the package again, or ask its author to sign it again",
    )
