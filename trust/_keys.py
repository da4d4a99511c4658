"""ECDSA P-256 keys: what signs a package and what checks the signature (RFC 6979, FIPS 186-5)."""

import base64
import hashlib
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from remotemedia.errors import TrustError

_MAX_PEM_BYTES = 64 << 10


class PublicKey:
    """A P-256 public key.

    Attributes:
        hint: base64 of the SHA-256 of the key's SubjectPublicKeyInfo: how a Sigstore bundle names its key.
        fingerprint: the same digest for people, `SHA256:` and 64 hexadecimal digits.
    """

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        if not isinstance(key.curve, ec.SECP256R1):
            raise _unusable(f"expected a key on the curve P-256, got `{key.curve.name}`")
        self._key = key

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a `PUBLIC KEY` in PEM; raises `TrustError` RM506."""
        if b"PRIVATE KEY" in pem[:_MAX_PEM_BYTES]:
            raise _unusable("expected a public key in PEM, got a private key", hint="keep that file to yourself")
        try:
            key = serialization.load_pem_public_key(_bounded(pem))
        except (ValueError, UnsupportedAlgorithm) as exc:
            raise _unusable("expected a public key in PEM (`-----BEGIN PUBLIC KEY-----`), got something else") from exc
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise _unusable(f"expected an ECDSA P-256 key, got `{type(key).__name__}`")
        return cls(key)

    def to_pem(self) -> bytes:
        """Give the key as PEM, as `cosign verify --key` reads it."""
        return self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def _spki_digest(self) -> bytes:
        der = self._key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).digest()

    @property
    def hint(self) -> str:
        return base64.b64encode(self._spki_digest).decode()

    @property
    def fingerprint(self) -> str:
        return f"SHA256:{self._spki_digest.hex()}"

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Say whether `signature` (ASN.1 DER) is this key's over SHA-256 of `data`."""
        try:
            self._key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self._spki_digest == other._spki_digest

    def __hash__(self) -> int:
        return hash(self._spki_digest)

    def __repr__(self) -> str:
        return f"PublicKey({self.fingerprint})"


class SigningKey:
    """A P-256 private key. Its signatures are deterministic (RFC 6979), so builds stay reproducible."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self.public = PublicKey(key.public_key())
        self._key = key

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the system's randomness."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes, password: bytes | None = None) -> Self:
        """Read a private key in PEM; raises `TrustError` RM506."""
        try:
            key = serialization.load_pem_private_key(_bounded(pem), password)
        except TypeError as exc:  # how `cryptography` says "password missing" and "password not needed"
            expected = "a password for this key" if password is None else "no password, the key is not encrypted"
            raise _unusable(f"expected {expected}") from exc
        except (ValueError, UnsupportedAlgorithm) as exc:
            what = "a private key in PEM" if password is None else "a private key in PEM and its password"
            raise _unusable(f"expected {what}, got something else") from exc
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise _unusable(f"expected an ECDSA P-256 key, got `{type(key).__name__}`")
        return cls(key)

    def to_pem(self, password: bytes | None = None) -> bytes:
        """Give the key as PKCS #8 PEM, encrypted if there is a password."""
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password is not None:
            encryption = serialization.BestAvailableEncryption(password)
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    def sign(self, data: bytes) -> bytes:
        """Sign SHA-256 of `data`; the signature is ASN.1 DER."""
        return self._key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def __repr__(self) -> str:
        return f"SigningKey({self.public.fingerprint})"


def _bounded(pem: bytes) -> bytes:
    if len(pem) > _MAX_PEM_BYTES:
        raise _unusable(f"expected a key of at most {_MAX_PEM_BYTES} bytes, got {len(pem)}")
    return pem


def _unusable(message: str, hint: str | None = None) -> TrustError:
    return TrustError(message, code="RM506", hint=hint or "make a key with `remotemedia keys generate`")
