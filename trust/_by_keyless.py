"""Judging a keyless bundle (Sigstore): a certificate of some minutes, an identity, and a public log.

The verification is that of `sigstore` (the extra `keyless`), offline: certificate path and signed certificate
timestamp, log entry with its inclusion proof and checkpoint, signature, as the trusted root demands. Who may sign is
pinned by the user: on a public instance anybody gets a certificate, so that the authority alone means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._bundle import PAYLOAD_TYPE, Bundle, pae
from remotemedia.trust._case import Case, shown
from remotemedia.trust._certificates import MALFORMED, fingerprint_of, identities_of
from remotemedia.trust._keyring import KeylessIdentity
from remotemedia.trust._timestamps import time_of
from remotemedia.trust._verdict import Signed

if TYPE_CHECKING:
    from sigstore.verify import Verifier

_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")  # Fulcio's "OIDC issuer": the URL as raw text
_SHOWN = 120


def judge_keyless(case: Case, leaf: x509.Certificate, candidates: Sequence[KeylessIdentity]) -> Signed | None:
    """Take steps 2, 3 and 9 for a leaf of a trusted instance; None if it names nobody whom the user pinned.

    Raises:
        TrustError: RM515, a signature in a pinned identity's name is wrong, or `sigstore` is not installed.
    """
    identity, issuer = _claims(leaf)
    pinned = next((one for one in candidates if identity in one.identities and issuer == one.issuer), None)
    if pinned is None or identity is None:
        return None
    # 2. The identity in the certificate is one of the pinned ones, and so is who vouched for it.
    case.check(2, f"{case.what} is by {strict_json.shown(identity, _SHOWN)} of `{issuer}`, trusted as `{pinned.name}`")

    # 3, 9, 10, 11. Signature, time, path and validity, by sigstore's rules and the trusted root.
    _verify(case.bundle, pinned, identity)
    case.check(3, f"the signature, its certificate and its log entry verify with the trusted root of `{pinned.name}`")
    at = _logged_at(case.bundle)
    if at is not None:
        case.check(9, f"{case.what} existed at {shown(at)}, proven by the log of `{pinned.name}`")
    return Signed(
        "keyless",
        pinned.name,
        fingerprint_of(leaf),
        identity=identity,
        issuer=issuer,
        signed_at=at,
        time_proven=at is not None,
        trusted=True,
    )


def _claims(leaf: x509.Certificate) -> tuple[str | None, str | None]:
    """Give identity and issuer as the certificate has them; None where it has not exactly one."""
    try:
        identities = identities_of(leaf)
        extension = leaf.extensions.get_extension_for_oid(_ISSUER).value
    except (x509.ExtensionNotFound, *MALFORMED):
        return None, None
    if len(identities) != 1 or not isinstance(extension, x509.UnrecognizedExtension):
        return None, None
    return identities[0], extension.value.decode(errors="replace")


def _verify(bundle: Bundle, pinned: KeylessIdentity, identity: str) -> None:
    try:
        from sigstore import errors, models  # noqa: PLC0415 - the extra `keyless`, half a second to import
        from sigstore.verify import policy  # noqa: PLC0415 - the same
    except ImportError as exc:
        raise TrustError(
            "expected `sigstore`, which verifies keyless signatures, got none installed",
            code="RM515",
            hint="pip install 'remotemedia[keyless]'",
        ) from exc
    # Beside its own errors, `sigstore` lets through what its parsers raise on malformed certificates and entries.
    malformed = (errors.Error, InvalidSignature, x509.ExtensionNotFound, *MALFORMED)
    try:
        kind, payload = _verifier(pinned).verify_dsse(
            models.Bundle.from_json(bundle.raw), policy.Identity(identity=identity, issuer=pinned.issuer)
        )
    except malformed as exc:
        raise _wrong(pinned, str(exc) or type(exc).__name__) from exc
    if kind != PAYLOAD_TYPE or pae(kind, payload) != bundle.signed:
        raise _wrong(pinned, "another statement was verified than the one that stands in it")


def _verifier(pinned: KeylessIdentity) -> Verifier:
    from sigstore.models import TrustedRoot  # noqa: PLC0415 - the extra `keyless`
    from sigstore.verify import Verifier  # noqa: PLC0415 - the same
    from sigstore_models.trustroot.v1 import TrustedRoot as Inner  # noqa: PLC0415 - the same

    return Verifier(trusted_root=TrustedRoot(Inner.from_json(pinned.trusted_root)))


def _logged_at(bundle: Bundle) -> datetime | None:
    """Give the time that the verified log entry, or else the one verified timestamp, proves."""
    entry = bundle.log_entries[0]
    if entry.get("inclusionPromise") and entry.get("integratedTime"):
        return datetime.fromtimestamp(int(entry["integratedTime"]), UTC)
    return time_of(bundle.timestamps[0]) if len(bundle.timestamps) == 1 else None


def _wrong(pinned: KeylessIdentity, why: str) -> TrustError:
    return TrustError(
        f"the keyless signature in the name of `{pinned.name}` is wrong: {why}",
        code="RM515",
        hint="the package or its signature was altered, or the trusted root is of another instance; fetch both again",
        identity=pinned.name,
    )
