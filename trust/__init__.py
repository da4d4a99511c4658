"""Who made a package: keys, signed statements, and the verdict about them.

    from remotemedia.trust import KeyStore, Mode, verify

    store = KeyStore(home)
    verdict = verify(manifest_digest, bundles, store.keyring(), Mode.detect(os.environ))
    print(verdict.status, verdict.key_name)

Signing is `sign_statement(store.default(), digest, SIGNATURE_PREDICATE, {})`. Everything here is a function of bytes
and keys, apart from `KeyStore`, whose keys are files; nothing here opens a socket.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
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
    from remotemedia.trust._files import read_key_file
    from remotemedia.trust._keyring import Authority, KeylessIdentity, Keyring, RevocationList, TrustedKey
    from remotemedia.trust._keys import KeyType, PublicKey, SigningKey
    from remotemedia.trust._mode import Mode
    from remotemedia.trust._policy import Candidate, Condition, Match, Policy, Rule, builder_of, judge
    from remotemedia.trust._private import Password, is_encrypted
    from remotemedia.trust._signer import CertificateSigner, Signer, open_signer, public_keys
    from remotemedia.trust._store import DEFAULT_NAME, KeyEntry, KeyStore, read_signing_key
    from remotemedia.trust._verdict import Check, Signed, Status, Verdict
    from remotemedia.trust._verify import verify

__all__ = [
    "BUNDLE_MEDIA_TYPE",
    "DEFAULT_NAME",
    "PROVENANCE_PREDICATE",
    "SBOM_PREDICATE",
    "SIGNATURE_PREDICATE",
    "Authority",
    "Bundle",
    "Candidate",
    "CertificateSigner",
    "Check",
    "Condition",
    "KeyEntry",
    "KeyStore",
    "KeyType",
    "KeylessIdentity",
    "Keyring",
    "Match",
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
    "builder_of",
    "is_encrypted",
    "judge",
    "open_signer",
    "pae",
    "public_keys",
    "read_key_file",
    "read_signing_key",
    "sign_statement",
    "statement_payload",
    "verify",
]

# `cryptography` takes as long to import as a small command to run: not for those who only read `strict_json`.
_HOMES = {
    "BUNDLE_MEDIA_TYPE": "_bundle",
    "DEFAULT_NAME": "_store",
    "PROVENANCE_PREDICATE": "_bundle",
    "SBOM_PREDICATE": "_bundle",
    "SIGNATURE_PREDICATE": "_bundle",
    "Authority": "_keyring",
    "Bundle": "_bundle",
    "Candidate": "_policy",
    "CertificateSigner": "_signer",
    "Check": "_verdict",
    "Condition": "_policy",
    "KeyEntry": "_store",
    "KeyStore": "_store",
    "KeyType": "_keys",
    "KeylessIdentity": "_keyring",
    "Keyring": "_keyring",
    "Match": "_policy",
    "Mode": "_mode",
    "Password": "_private",
    "Policy": "_policy",
    "PublicKey": "_keys",
    "RevocationList": "_keyring",
    "Rule": "_policy",
    "Signed": "_verdict",
    "Signer": "_signer",
    "SigningKey": "_keys",
    "Statement": "_bundle",
    "Status": "_verdict",
    "TrustedKey": "_keyring",
    "Verdict": "_verdict",
    "builder_of": "_policy",
    "is_encrypted": "_private",
    "judge": "_policy",
    "open_signer": "_signer",
    "pae": "_bundle",
    "public_keys": "_signer",
    "read_key_file": "_files",
    "read_signing_key": "_store",
    "sign_statement": "_bundle",
    "statement_payload": "_bundle",
    "verify": "_verify",
}


def __getattr__(name: str) -> _Any:
    """Fetch a name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    value = globals()[name] = getattr(_import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
