"""Tokens as registries want them: JWT (RFC 7519) in their compact form, signed by ES256 or RS256 (RFC 7518).

What a token allows is in its `access`, as distribution's token specification has it:
`[{"type": "repository", "name": "voice/tts", "actions": ["pull", "push"]}]`.
"""

from __future__ import annotations

import hashlib
import json
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

ISSUER = "tokens.test"
SERVICE = "registry.test"
LIFETIME_SECONDS = 300
# How the registry knows the key: by its name in a set of keys (JWKS), or by a certificate in the token itself.
Means = Literal["kid", "x5c"]
_HALF = 32  # bytes of r, and of s, of a signature by P-256

Access = list[dict[str, Any]]


@dataclass(frozen=True)
class TokenKey:
    """A key that signs tokens, ECDSA P-256 or RSA."""

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @classmethod
    def generate(cls, algorithm: Literal["ES256", "RS256"]) -> TokenKey:
        if algorithm == "ES256":
            return cls(ec.generate_private_key(ec.SECP256R1()))
        return cls(rsa.generate_private_key(65537, 2048))

    @classmethod
    def read(cls, file: Path) -> TokenKey:
        private = load_pem_private_key(file.read_bytes(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        return cls(private)

    def write(self, file: Path) -> None:
        file.write_bytes(self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    @property
    def name(self) -> str:
        der = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    def key_set(self) -> str:
        """The public half as a JWKS (RFC 7517) of one key, which is ECDSA."""
        public = self.private.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        point = public.public_numbers()
        x, y = (_text(it.to_bytes(_HALF, "big")) for it in (point.x, point.y))
        key = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.name, "x": x, "y": y}
        return json.dumps({"keys": [key]})

    def certificate(self) -> x509.Certificate:
        """A certificate of the key by itself."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, self.private.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        return builder.sign(self.private, hashes.SHA256())

    def sign(self, access: Access, header: dict[str, Any]) -> str:
        """A token for some minutes; `header` says how the key is known."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": SERVICE, "sub": "", "iat": now, "nbf": now, "exp": now + LIFETIME_SECONDS}
        algorithm = "ES256" if isinstance(self.private, ec.EllipticCurvePrivateKey) else "RS256"
        parts = [{"typ": "JWT", "alg": algorithm, **header}, {**claims, "jti": str(now), "access": access}]
        signed = ".".join(_text(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{_text(self._signature(signed.encode()))}"

    def access(self, token: str) -> Access:
        """What a token allows: nothing, if it is not by this key, is over, or is for another service."""
        public = self.private.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        signed, _, signature = token.rpartition(".")
        raw = _bytes(signature)
        r, s = (int.from_bytes(it, "big") for it in (raw[:_HALF], raw[_HALF:]))
        try:
            public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return []
        claims = json.loads(_bytes(signed.partition(".")[2]))
        current = claims["nbf"] - 1 <= time.time() < claims["exp"] and claims["aud"] == SERVICE
        return list(claims["access"]) if current else []

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


def header_of(key: TokenKey, means: Means, certificate: bytes) -> dict[str, Any]:
    """What a token says of its key."""
    if means == "kid":
        return {"kid": key.name}
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    return {"x5c": [b64encode(der).decode()]}


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
