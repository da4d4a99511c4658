"""From a certificate to a root that is trusted: certification path validation (RFC 5280, section 6).

The path check itself is that of `cryptography`: signatures, validity, basicConstraints, path length, keyUsage of the
authorities, name constraints, critical extensions that nobody knows. It fails closed where it does not know a kind of
constraint: names constrained by URI or by directory name are refused. What a certificate is *for* is asked here, and
by itself: whoever is certified for something else is no signer, wherever the path leads.
"""

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    ClientVerifier,
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from remotemedia.trust._certificates import MALFORMED, identities_of
from remotemedia.trust._keyring import Authority

Chain = tuple[x509.Certificate, ...]

_MAX_DEPTH = 5  # certificates between leaf and root


def validate_path(leaf: x509.Certificate, authority: Authority, at: datetime) -> Chain:
    """Give the path from a leaf to a root of the authority, both included, as valid at a time; raises `ValueError`."""
    try:
        chain = _verifier(authority, at).verify(leaf, [*authority.intermediates]).chain
    except VerificationError as exc:
        raise ValueError(_reason(exc)) from exc
    except MALFORMED as exc:
        raise _unreadable(exc) from exc
    return tuple(chain)


def expect_signer(leaf: x509.Certificate) -> None:
    """Refuse a certificate that is not for signing code, or does not name exactly one signer; raises `ValueError`."""
    _expect_usage(leaf, ExtendedKeyUsageOID.CODE_SIGNING, "codeSigning")
    identities = identities_of(leaf)
    if len(identities) != 1:
        raise ValueError(f"expected one URI, address or host in its `subjectAltName`, got {len(identities)}")


def expect_timestamper(leaf: x509.Certificate) -> None:
    """Refuse a certificate that is not for timestamps and for nothing else (RFC 3161, section 2.3); `ValueError`."""
    usage = _expect_usage(leaf, ExtendedKeyUsageOID.TIME_STAMPING, "timeStamping")
    if not usage.critical or len(list(usage.value)) != 1:
        raise ValueError("expected `timeStamping` as its only use, marked critical")


def _expect_usage(
    leaf: x509.Certificate, wanted: x509.ObjectIdentifier, name: str
) -> x509.Extension[x509.ExtendedKeyUsage]:
    try:
        extensions = leaf.extensions  # all of them are read here, the names as well
    except MALFORMED as exc:
        raise _unreadable(exc) from exc
    try:
        extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as exc:
        raise ValueError(f"expected the extended key usage `{name}`, got none") from exc
    if wanted not in extended.value:
        raise ValueError(f"expected the extended key usage `{name}`, got another one")
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return extended
    if not usage.digital_signature:
        raise ValueError("expected the key usage `digitalSignature`, got another one")
    return extended


def _verifier(authority: Authority, at: datetime) -> ClientVerifier:
    # Beside the web's defaults: any extended use (asked for above) and, as private authorities issue them, neither
    # authorityKeyIdentifier nor, for timestamps, subjectAltName.
    authorities = ExtensionPolicy.webpki_defaults_ca().may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None)
    leaves = (
        ExtensionPolicy.webpki_defaults_ee()
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None)
        .may_be_present(x509.AuthorityKeyIdentifier, Criticality.AGNOSTIC, None)
        .may_be_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    )
    return (
        PolicyBuilder()
        .store(Store(list(authority.roots)))
        .time(at)
        .max_chain_depth(_MAX_DEPTH)
        .extension_policies(ca_policy=authorities, ee_policy=leaves)
        .build_client_verifier()
    )


def _reason(error: VerificationError) -> str:
    text = str(error).removeprefix("validation failed: ").removeprefix("candidates exhausted: ")
    return text.partition(" (encountered processing")[0]


def _unreadable(why: Exception) -> ValueError:
    return ValueError(f"it cannot be read: {why}")
