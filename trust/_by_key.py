"""Judging a bundle that names a key by its hint."""

import base64
import hashlib
from dataclasses import replace

from remotemedia.trust import strict_json
from remotemedia.trust._case import Case, shown
from remotemedia.trust._verdict import Signed

_SHOWN_HINT = 44  # base64 of 32 bytes; a longer hint is not one of ours and is cut


def judge_key(case: Case, hint: str) -> Signed:
    """Take steps 2, 3, 9 and 11; raises `TrustError` RM503, RM505, RM513, RM514."""
    # 2. The key is looked up; a stranger's signature cannot be checked, which is not the same as wrong.
    trusted = case.keyring.find(hint)
    if trusted is None:
        fingerprint = _fingerprint_of(hint)
        case.check(2, f"{case.what} is by a key that is not trusted ({fingerprint})", ok=False)
        return Signed("key", None, fingerprint)
    case.check(2, f"{case.what} is by `{trusted.name}`")
    signed = case.signer = Signed("key", trusted.name, trusted.key.fingerprint)
    case.expect_signature(trusted.key, trusted.name)
    stamp = case.timestamp()

    # 11. A key that was rotated counts for what is proven to be older, and for a while for everything.
    counts = True
    if trusted.until is not None:
        counts = case.moment(stamp) <= trusted.until
        case.check(11, f"the key `{trusted.name}` was rotated, and counts until {shown(trusted.until)}", counts)
    return replace(
        signed,
        signed_at=stamp.at if stamp else None,
        time_proven=stamp is not None and stamp.authority is not None,
        trusted=counts,
    )


def _fingerprint_of(hint: str) -> str:
    """Give a stranger's key hint as people read fingerprints; one of another form as it stands, cut and escaped."""
    try:
        digest = base64.b64decode(hint, validate=True)
    except ValueError:
        digest = b""
    if len(digest) == hashlib.sha256().digest_size:
        return f"SHA256:{digest.hex()}"
    return f"hint {strict_json.shown(hint, _SHOWN_HINT)}"
