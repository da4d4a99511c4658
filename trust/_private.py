"""Private keys as they lie in files: PKCS #8 in PEM, encrypted or not, and the key files of cosign."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._keys import PublicKey, SigningKey, bounded, unusable

Password = Callable[[], bytes]
"""Asks for a password, when one turns out to be needed."""

_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_PUBLIC = b"-----BEGIN PUBLIC KEY-----"
_COSIGN = re.compile(
    rb"\s*-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)"
    rb"-----END ENCRYPTED \1 PRIVATE KEY-----\s*"
)
_MAX_SCRYPT_MEMORY = 256 << 20
_MAX_SCRYPT_COST = 1 << 26  # N * r * p; cosign's own is 2**19


def read_private_key(pem: bytes, password: Password | None = None) -> SigningKey:
    """Read a private key; `password` is called only if the key is encrypted. Raises `TrustError` RM506."""
    cosign = _COSIGN.fullmatch(bounded(pem))
    if cosign is None and _ENCRYPTED not in pem:
        return SigningKey.from_pem(pem)
    if password is None:
        raise unusable(
            "expected a password for this key, got none",
            hint="the key is encrypted; give its password",
        )
    return SigningKey.from_pem(pem, password()) if cosign is None else _open_cosign(cosign[2], password())


def is_encrypted(pem: bytes) -> bool:
    """Say whether a password is needed to read the key."""
    return _ENCRYPTED in pem or _COSIGN.fullmatch(pem) is not None


def public_below(pem: bytes) -> PublicKey:
    """Read the public half that stands below an encrypted key; raises `TrustError` RM506."""
    at = bounded(pem).find(_PUBLIC)
    if at < 0:
        raise unusable(
            "expected the public half below the encrypted key, got none",
            hint="move the file elsewhere, and bring it in with `remotemedia keys import`",
        )
    return PublicKey.from_pem(pem[at:])


def _open_cosign(body: bytes, password: bytes) -> SigningKey:
    """Open `{kdf: scrypt, cipher: nacl/secretbox, ciphertext}` (of go-securesystemslib), which holds PKCS #8."""
    try:
        document = strict_json.loads_object(base64.b64decode(body))
        key = _derived(document["kdf"], password)
        if document["cipher"]["name"] != "nacl/secretbox":
            raise ValueError("another cipher than `nacl/secretbox`")  # noqa: TRY301 - one refusal for all shapes
        nonce = base64.b64decode(document["cipher"]["nonce"], validate=True)
        ciphertext = base64.b64decode(document["ciphertext"], validate=True)
    except (binascii.Error, KeyError, TypeError, ValueError) as exc:
        raise unusable(f"expected a key file of cosign's (scrypt, nacl/secretbox): {exc}") from exc
    return SigningKey.from_der(_open_secretbox(key, nonce, ciphertext))


def _derived(kdf: dict[str, Any], password: bytes) -> bytes:
    n, r, p = (int(kdf["params"][name]) for name in ("N", "r", "p"))
    affordable = min(n, r, p) > 0 and 128 * n * r <= _MAX_SCRYPT_MEMORY and n * r * p <= _MAX_SCRYPT_COST
    if kdf["name"] != "scrypt" or not affordable:
        raise ValueError("another key derivation than `scrypt` within 256 MiB")
    salt = base64.b64decode(kdf["salt"], validate=True)
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(password)


def _open_secretbox(key: bytes, nonce: bytes, ciphertext: bytes) -> bytes:
    try:
        from nacl.exceptions import CryptoError  # noqa: PLC0415 - the extra `cosign`
        from nacl.secret import SecretBox  # noqa: PLC0415 - the extra `cosign`
    except ImportError as exc:
        raise TrustError(
            "expected PyNaCl, which opens the key files of cosign, got none installed",
            code="RM506",
            hint="pip install 'remotemedia[cosign]'; or sign with a key of `remotemedia keys generate`",
        ) from exc
    try:
        return bytes(SecretBox(key).decrypt(ciphertext, nonce))
    except (CryptoError, ValueError) as exc:
        raise unusable("expected the password of this key, got one that does not open it") from exc
