"""Keys that sign a package and that check a signature: ECDSA P-256 (RFC 6979, FIPS 186-5) and Ed25519 (RFC 8032)."""

import base64
import hashlib
from functools import cached_property
from typing import Any, Literal, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from remotemedia.errors import TrustError

KeyType = Literal["p256", "ed25519"]

MAX_PEM_BYTES = 64 << 10

_PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class PublicKey:
    """A public key, P-256 or Ed25519.

    Attributes:
        hint: base64 of the SHA-256 of the key's SubjectPublicKeyInfo: how a Sigstore bundle names its key.
        fingerprint: the same digest for people, `SHA256:` and 64 hexadecimal digits.
    """

    def __init__(self, key: object) -> None:
        self._key: _PublicKey = _supported(key)

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a `PUBLIC KEY` in PEM; raises `TrustError` RM506."""
        if b"PRIVATE KEY" in pem[:MAX_PEM_BYTES]:
            raise unusable("expected a public key in PEM, got a private key", hint="keep that file to yourself")
        try:
            key = serialization.load_pem_public_key(bounded(pem))
        except (ValueError, UnsupportedAlgorithm) as exc:
            raise unusable("expected a public key in PEM (`-----BEGIN PUBLIC KEY-----`), got something else") from exc
        return cls(key)

    def to_pem(self) -> bytes:
        """Give the key as PEM, as `cosign verify --key` reads it."""
        return self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def type(self) -> KeyType:
        """Which of the two kinds it is."""
        return "p256" if isinstance(self._key, ec.EllipticCurvePublicKey) else "ed25519"

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
        """Say whether `signature`, in the form that `SigningKey.sign` gives, is this key's over `data`."""
        try:
            if isinstance(self._key, ec.EllipticCurvePublicKey):
                self._key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
            else:
                self._key.verify(signature, data)
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
    """A private key. Its signatures are deterministic (RFC 6979; Ed25519 always), so builds stay reproducible."""

    def __init__(self, key: _PrivateKey) -> None:
        self.public = PublicKey(key.public_key())
        self._key = key

    @classmethod
    def generate(cls, kind: KeyType = "p256") -> Self:
        """Make a new key from the system's randomness."""
        if kind == "ed25519":
            return cls(ed25519.Ed25519PrivateKey.generate())
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes, password: bytes | None = None) -> Self:
        """Read a private key in PEM; raises `TrustError` RM506."""
        try:
            key = serialization.load_pem_private_key(bounded(pem), password)
        except TypeError as exc:  # how `cryptography` says "password missing" and "password not needed"
            expected = "a password for this key" if password is None else "no password, the key is not encrypted"
            raise unusable(f"expected {expected}") from exc
        except (ValueError, UnsupportedAlgorithm) as exc:
            if password is not None:
                raise unusable("expected the password of this key, got one that does not open it") from exc
            got = "a public key" if b"BEGIN PUBLIC KEY" in pem else "something else"
            raise unusable(f"expected a private key in PEM, got {got}") from exc
        return cls(_supported_private(key))

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Read an unencrypted PKCS #8 key; raises `TrustError` RM506."""
        try:
            key = serialization.load_der_private_key(bounded(der), None)
        except (TypeError, ValueError, UnsupportedAlgorithm) as exc:
            raise unusable("expected a private key (PKCS #8), got something else") from exc
        return cls(_supported_private(key))

    def to_pem(self, password: bytes | None = None) -> bytes:
        """Give the key as PKCS #8 PEM, encrypted if there is a password."""
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password is not None:
            encryption = serialization.BestAvailableEncryption(password)
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    def sign(self, data: bytes, /) -> bytes:
        """Sign `data`; ASN.1 DER over its SHA-256 (P-256), or 64 bytes over the data itself (Ed25519)."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return self._key.sign(data)

    def material(self) -> dict[str, Any]:
        """Name the key as a bundle does."""
        return {"publicKey": {"hint": self.public.hint}}

    def describe(self) -> str:
        """Name the key for people."""
        return f"the key {self.public.fingerprint}"

    def __repr__(self) -> str:
        return f"SigningKey({self.public.fingerprint})"


def bounded(data: bytes) -> bytes:
    """Give `data` if it can be a key; raises `TrustError` RM506."""
    if len(data) > MAX_PEM_BYTES:
        raise unusable(f"expected a key of at most {MAX_PEM_BYTES} bytes, got {len(data)}")
    return data


def unusable(message: str, hint: str | None = None) -> TrustError:
    """Make the error of a key that cannot be used."""
    return TrustError(message, code="RM506", hint=hint)


def _supported(key: object) -> _PublicKey:
    if isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, ec.SECP256R1):
        raise unusable(f"expected a key on the curve P-256, got `{key.curve.name}`")
    if not isinstance(key, (ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)):
        raise unusable(f"expected an ECDSA P-256 or Ed25519 key, got `{type(key).__name__}`")
    return key


def _supported_private(key: object) -> _PrivateKey:
    if not isinstance(key, (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)):
        raise unusable(f"expected an ECDSA P-256 or Ed25519 key, got `{type(key).__name__}`")
    return key
