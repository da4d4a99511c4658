"""Judging a bundle that carries a certificate: by an authority of the keyring, keyless, or a stranger's."""

from dataclasses import replace
from datetime import datetime

from cryptography import x509

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._by_keyless import judge_keyless
from remotemedia.trust._case import Case, shown
from remotemedia.trust._certificates import MALFORMED, fingerprint_of, identities_of, issuer_among, load_leaf
from remotemedia.trust._keyring import Authority
from remotemedia.trust._keys import PublicKey
from remotemedia.trust._path import expect_signer, validate_path
from remotemedia.trust._revocation import refuse_revoked
from remotemedia.trust._verdict import Signed

_SHOWN = 120


def judge_certificate(case: Case, der: bytes) -> Signed:
    """Take steps 2, 3 and 9 to 13; raises `TrustError` RM503, RM505, RM511 to RM515."""
    leaf = load_leaf(der)
    if leaf is None:
        return _stranger(case, None)
    keyless = [one for one in case.keyring.identities if issuer_among(leaf, one.authorities)]
    signed = judge_keyless(case, leaf, keyless) if keyless else None
    if signed is not None:
        return signed
    # Several authorities may have the same certificates, each trusted for other identities.
    issuers = [(one, issuer_among(leaf, one.certificates)) for one in case.keyring.roots]
    vouching = [(authority, issuer) for authority, issuer in issuers if issuer is not None]
    if not vouching:
        return _stranger(case, leaf)
    identity = _identity(leaf)
    authority, issuer = next((one for one in vouching if _admits(one[0], identity)), vouching[0])
    return _judge(case, leaf, issuer, authority)


def _judge(case: Case, leaf: x509.Certificate, issuer: x509.Certificate, authority: Authority) -> Signed:
    """Judge a leaf that an authority of the keyring did issue; whatever is wrong is raised.

    What harm it does is the caller's to say, who knows what else there is: none, beside a signature that counts, if the
    certificate is refused (RM511), was not valid then (RM512) or was revoked (RM513), or if `case.is_admitted` is not.
    """
    # 2. The authority is looked up by the leaf's issuer and the signature on the leaf.
    identity = _identity(leaf)
    subject = strict_json.shown(identity or leaf.subject.rfc4514_string(), _SHOWN)
    case.check(2, f"{case.what} is by {subject}, certified by `{authority.name}`")
    issued_by = issuer.subject.rfc4514_string()
    case.signer = Signed("certificate", authority.name, fingerprint_of(leaf), identity=identity, issuer=issued_by)

    # 10, of the leaf alone. Whom it certifies for something else, such as a server, the authority lets sign nothing.
    _expect_signer(leaf, authority)

    # 13. The authority may vouch for this identity.
    case.is_admitted = _admits(authority, identity)
    if authority.identities:
        case.check(13, f"`{authority.name}` is trusted for {subject}", case.is_admitted)

    case.expect_signature(_key_of(leaf, authority), authority.name)
    stamp = case.timestamp()
    moment = case.moment(stamp)

    # 11. The certificate was valid when it was used: at the proven time, else now.
    if not leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc:
        raise _expired(leaf, authority, moment, proven=moment is not case.now)
    case.check(11, f"its certificate was valid at {shown(moment)}")

    # 10. A path leads from it to a root (RFC 5280, section 6).
    try:
        chain = validate_path(leaf, authority, moment)
    except ValueError as exc:
        if _held_once(leaf, authority):
            raise _too_late(authority, moment) from exc
        raise _refused(exc, authority) from exc
    case.check(10, f"its certificate leads to a root of `{authority.name}` by a path of {len(chain)}")

    # 12. Nobody on the path was revoked before.
    lists = refuse_revoked(chain, case.keyring, moment)
    case.lists += lists
    if lists:
        case.check(12, f"no certificate on the path was revoked by {shown(moment)}")
    return replace(
        case.signer,
        signed_at=stamp.at if stamp else None,
        time_proven=stamp is not None and stamp.authority is not None,
        trusted=case.is_admitted,
    )


def _expect_signer(leaf: x509.Certificate, authority: Authority) -> None:
    try:
        expect_signer(leaf)
    except ValueError as exc:
        raise _refused(exc, authority) from exc


def _admits(authority: Authority, identity: str | None) -> bool:
    return not authority.identities or identity in authority.identities


def _stranger(case: Case, leaf: x509.Certificate | None) -> Signed:
    case.check(2, f"{case.what} is by a certificate that nobody trusted vouches for", ok=False)
    if leaf is None:
        return Signed("certificate", None, "a certificate")
    return Signed("certificate", None, fingerprint_of(leaf), identity=_identity(leaf))


def _identity(leaf: x509.Certificate) -> str | None:
    try:
        return next(iter(identities_of(leaf)), None)
    except MALFORMED:
        return None


def _key_of(leaf: x509.Certificate, authority: Authority) -> PublicKey:
    try:
        return PublicKey(leaf.public_key())
    except TrustError as exc:
        raise _refused(exc, authority) from exc


def _held_once(leaf: x509.Certificate, authority: Authority) -> bool:
    """Say whether a path was good when the leaf was new: then time alone is what is wrong with it."""
    try:
        validate_path(leaf, authority, leaf.not_valid_before_utc)
    except ValueError:
        return False
    return True


def _refused(why: Exception, authority: Authority) -> TrustError:
    return TrustError(
        f"the certificate by `{authority.name}` is refused: {why}",
        code="RM511",
        hint="ask its author for a signature by a certificate for `codeSigning`; `keys-and-certificates.md` says how",
        authority=authority.name,
    )


def _too_late(authority: Authority, moment: datetime) -> TrustError:
    return TrustError(
        f"expected the certificates of `{authority.name}` to be valid at {shown(moment)}, got some that were good once",
        code="RM512",
        hint="ask the authority for its new certificates, and the author to sign again",
        authority=authority.name,
    )


def _expired(leaf: x509.Certificate, authority: Authority, moment: datetime, *, proven: bool) -> TrustError:
    span = f"{shown(leaf.not_valid_before_utc)} to {shown(leaf.not_valid_after_utc)}"
    when = "when it was signed" if proven else "now, since no timestamp proves when it was signed"
    return TrustError(
        f"expected a certificate valid {when} ({shown(moment)}), got one of `{authority.name}` for {span}",
        code="RM512",
        hint="ask its author to sign again"
        if proven
        else "ask its author to sign with a timestamp, and trust the authority that made it",
        authority=authority.name,
    )
