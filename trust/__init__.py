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
    SBOM_PREDICATE,
    SIGNATURE_PREDICATE,
    Bundle,
    Statement,
    pae,
    sign_statement,
    statement_payload,
)
from remotemedia.trust._keyring import Authority, KeylessIdentity, Keyring, RevocationList, TrustedKey
from remotemedia.trust._keys import KeyType, PublicKey, SigningKey
from remotemedia.trust._mode import Mode
from remotemedia.trust._policy import Condition, Policy, Rule, judge
from remotemedia.trust._private import Password
from remotemedia.trust._signer import CertificateSigner, Signer, open_signer
from remotemedia.trust._store import KeyEntry, KeyStore, read_signing_key
from remotemedia.trust._verdict import Check, Signed, Status, Verdict
from remotemedia.trust._verify import verify

__all__ = [
    "BUNDLE_MEDIA_TYPE",
    "PROVENANCE_PREDICATE",
    "SBOM_PREDICATE",
    "SIGNATURE_PREDICATE",
    "Authority",
    "Bundle",
    "CertificateSigner",
    "Check",
    "Condition",
    "KeyEntry",
    "KeyStore",
    "KeyType",
    "KeylessIdentity",
    "Keyring",
    "Mode",
    "Password",
    "Policy",
    "PublicKey",
    "RevocationList",
    "Rule",
    "Signed",
    "Signer",
    "SigningKey",
    "Statement",
    "Status",
    "TrustedKey",
    "Verdict",
    "judge",
    "open_signer",
    "pae",
    "read_signing_key",
    "sign_statement",
    "statement_payload",
    "verify",
]
