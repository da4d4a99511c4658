"""Whether an authority took a certificate back (RFC 5280, sections 5 and 6.3), by the lists that the user keeps."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509

from remotemedia.errors import TrustError
from remotemedia.trust._keyring import Keyring, RevocationList
from remotemedia.trust._path import Chain

# Reasons that leave alone what was done before (RFC 3161, section 4); any other may mean that the key was in foreign
# hands all along, and an authority of timestamps could then have been made to prove any time.
_HARMLESS_FOR_TIMES = {
    x509.ReasonFlags.unspecified,
    x509.ReasonFlags.affiliation_changed,
    x509.ReasonFlags.superseded,
    x509.ReasonFlags.cessation_of_operation,
}


def refuse_revoked(chain: Chain, keyring: Keyring, at: datetime, *, proves_times: bool = False) -> tuple[str, ...]:
    """Refuse a path of which a certificate was revoked by `at`; gives the names of the lists that were asked.

    Args:
        chain: from the leaf to the root.
        keyring: has the lists, and all known authorities; the lists of other authorities are not asked.
        at: when the leaf was used.
        proves_times: whether the leaf signs timestamps, so that a compromise undoes also what came before.

    Raises:
        TrustError: RM513.
    """
    asked = list(_asked(chain, keyring))
    for certificate, one in asked:
        entry = one.crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is None:
            continue
        since = _revoked_since(entry)
        if at >= since or (proves_times and _reason(entry) not in _HARMLESS_FOR_TIMES):
            raise TrustError(
                f"the certificate of `{certificate.subject.rfc4514_string()}` was revoked at {since:%Y-%m-%d %H:%M} UTC"
                f" (`{_reason(entry).value}`, list `{one.name}`), and used at {at:%Y-%m-%d %H:%M} or later",
                code="RM513",
                hint="do not use what it signed; ask its author to sign again with a new certificate",
                list=one.name,
            )
    return tuple(dict.fromkeys(one.name for _, one in asked))


def overdue(names: Sequence[str], lists: Sequence[RevocationList], now: datetime) -> tuple[str, ...]:
    """Give those of the lists that do not speak for `now`: their next issue is due, or their own is yet to come."""
    return tuple(one.name for one in lists if one.name in names and not _is_current(one.crl, now))


def _is_current(crl: x509.CertificateRevocationList, now: datetime) -> bool:
    following = crl.next_update_utc
    return crl.last_update_utc <= now and (following is None or now <= following)


def _asked(chain: Chain, keyring: Keyring) -> Iterator[tuple[x509.Certificate, RevocationList]]:
    """Give each certificate with the lists of its issuer.

    A list that an issuer is said to have signed, and has not, is no reason to believe that nothing is revoked: RM513.
    """
    for certificate, issuer in pairwise(chain):
        for one in keyring.crls:
            if one.crl.issuer != issuer.subject:
                continue
            if _is_signed(one.crl, issuer):
                yield certificate, one
            elif not _is_of_another(one.crl, issuer, keyring):
                raise _not_signed(one, issuer)


def _is_of_another(crl: x509.CertificateRevocationList, issuer: x509.Certificate, keyring: Keyring) -> bool:
    """Say whether the list is by another key of the same name, as an authority has that took a new one (RFC 4210, 4.4).

    The list says so itself, by its authorityKeyIdentifier, or another known certificate of that name verifies it.
    """
    try:
        named = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        named = None
    if named is not None and named != _key_identifier(issuer):
        return True
    known = (one for authority in (*keyring.roots, *keyring.tsa_roots) for one in authority.certificates)
    return any(one.subject == crl.issuer and _is_signed(crl, one) for one in known)


def _is_signed(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Say whether the list is by an authority, and the authority may sign lists."""
    try:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        return usage.crl_sign and crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (x509.ExtensionNotFound, TypeError, ValueError):
        return False


def _key_identifier(certificate: x509.Certificate) -> bytes:
    """Give the identifier that a certificate states for its key, else the usual one (RFC 5280, section 4.2.1.2)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).key_identifier


def _not_signed(one: RevocationList, issuer: x509.Certificate) -> TrustError:
    return TrustError(
        f"expected the revocation list `{one.name}` to be signed by `{issuer.subject.rfc4514_string()}`",
        code="RM513",
        hint=f"get the list from its authority again, or remove it with `remotemedia keys remove {one.name}`",
        list=one.name,
    )


def _revoked_since(entry: x509.RevokedCertificate) -> datetime:
    """Give the time of the revocation, or the earlier one since when the key is suspected (invalidityDate)."""
    try:
        suspected = entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc
    except x509.ExtensionNotFound:
        return entry.revocation_date_utc
    return min(suspected, entry.revocation_date_utc)


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return x509.ReasonFlags.unspecified
