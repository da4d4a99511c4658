"""Who made a package: keys, signed statements, and the verdict about them.

    from remotemedia.trust import KeyStore, Mode, verify

    store = KeyStore(home)
    verdict = verify(manifest_digest, bundles, store.keyring(), Mode.detect(os.environ))
    print(verdict.status, verdict.key_name)

Signing is `sign_statement(store.default(), digest, SIGNATURE_PREDICATE, {})`. Everything here is a function of bytes
and keys, apart from `KeyStore`, whose keys are files; nothing here opens a socket.
"""

from remotemedia.trust._bundle import (
    BUNDLE_MEDIA_TYPE,
    PROVENANCE_PREDICATE,
    SIGNATURE_PREDICATE,
    Bundle,
    Statement,
    pae,
    sign_statement,
)
from remotemedia.trust._keyring import Keyring, TrustedKey
from remotemedia.trust._keys import PublicKey, SigningKey
from remotemedia.trust._mode import Mode
from remotemedia.trust._store import KeyEntry, KeyStore, read_signing_key
from remotemedia.trust._verify import Check, Status, Verdict, verify

__all__ = [
    "BUNDLE_MEDIA_TYPE",
    "PROVENANCE_PREDICATE",
    "SIGNATURE_PREDICATE",
    "Bundle",
    "Check",
    "KeyEntry",
    "KeyStore",
    "Keyring",
    "Mode",
    "PublicKey",
    "SigningKey",
    "Statement",
    "Status",
    "TrustedKey",
    "Verdict",
    "pae",
    "read_signing_key",
    "sign_statement",
    "verify",
]
