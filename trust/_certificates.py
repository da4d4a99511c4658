"""Certificates: how they are read, whom they are for, and who issued them (RFC 5280)."""

import hashlib
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from remotemedia.errors import TrustError
from remotemedia.trust._keyring import Authority

_MAX_PEM_BYTES = 1 << 20
_MAX_CERTIFICATES = 32
_BEGIN = b"-----BEGIN CERTIFICATE-----"

# What `cryptography` raises for certificates of strangers; it reads them lazily, so that any use may be the first. Its
# warnings, about serial numbers and names, are errors where the interpreter was told so.
MALFORMED = (
    ValueError,
    TypeError,
    KeyError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    UserWarning,
)


def load_authority(pem: bytes, name: str, identities: Sequence[str] = ()) -> Authority:
    """Read an authority's certificates, the self-signed ones being its roots; raises `TrustError` RM506."""
    if len(pem) > _MAX_PEM_BYTES or not 1 <= pem.count(_BEGIN) <= _MAX_CERTIFICATES:
        raise _unusable(f"expected 1 to {_MAX_CERTIFICATES} certificates in PEM for `{name}`")
    try:
        certificates = x509.load_pem_x509_certificates(pem)
        roots = tuple(one for one in certificates if issued(one, one))
    except MALFORMED as exc:
        raise _unusable(f"expected certificates in PEM for `{name}`: {exc}") from exc
    if not roots:
        raise _unusable(
            f"expected a root among the certificates of `{name}`, got {len(certificates)} that others issued",
            hint="put the chain up to and with its self-signed root into the file",
        )
    intermediates = tuple(one for one in certificates if one not in roots)
    return Authority(name, roots, intermediates, tuple(identities))


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Say whether `issuer`'s key signed `certificate`, and their names agree; nothing else is looked at."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *MALFORMED):
        return False
    return True


def issuer_among(certificate: x509.Certificate, candidates: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """Give the one of `candidates` that issued the certificate."""
    return next((one for one in candidates if issued(certificate, one)), None)


def load_leaf(der: bytes) -> x509.Certificate | None:
    """Read a stranger's certificate, or None if it is not one; its extensions may still not be readable."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Names and key are read on use, and must not fail there.
        _ = (certificate.subject, certificate.issuer, certificate.public_key())
    except MALFORMED:
        return None
    return certificate if certificate.serial_number > 0 else None


def identities_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Give the URIs, addresses and hosts in the subject's alternative names; raises what `MALFORMED` lists."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    kinds = (x509.UniformResourceIdentifier, x509.RFC822Name, x509.DNSName)
    return tuple(name.value for name in names if isinstance(name, kinds))


def fingerprint_of(certificate: x509.Certificate) -> str:
    """Give `SHA256:…` of the certificate's public key, as `PublicKey.fingerprint` has it."""
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"SHA256:{hashlib.sha256(spki).hexdigest()}"


def _unusable(message: str, hint: str | None = None) -> TrustError:
    return TrustError(message, code="RM506", hint=hint or "give the authority's certificates, as PEM")
