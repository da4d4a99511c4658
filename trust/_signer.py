"""What can sign: a key here, a certificate over one, or a program that has the key elsewhere."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.hazmat.primitives import serialization

from remotemedia.errors import TrustError
from remotemedia.trust._files import MissingFileError, read_key_file
from remotemedia.trust._keyring import TrustedKey
from remotemedia.trust._keys import PublicKey, bounded
from remotemedia.trust._plugin import PluginSigner
from remotemedia.trust._private import Password
from remotemedia.trust._store import KeyStore, read_signing_key

if TYPE_CHECKING:
    from cryptography import x509

_PLUGIN_PREFIX = "exec:"


class Signer(Protocol):
    """Makes signatures by one key, wherever that key is kept."""

    @property
    def public(self) -> PublicKey:
        """The public half: what checks the signatures."""
        ...

    def sign(self, data: bytes, /) -> bytes:
        """Sign `data` (for a bundle: DSSE's PAE); ASN.1 DER over its SHA-256 (P-256), or 64 bytes (Ed25519)."""
        ...

    def material(self) -> dict[str, Any]:
        """Name the signer as a bundle's `verificationMaterial` does: `publicKey` or `certificate`."""
        ...

    def describe(self) -> str:
        """Name the signer for people, as the end of `signed by …`."""
        ...


class CertificateSigner:
    """A signer whose bundles carry a certificate in place of a hint; the chain above it is the verifier's to have."""

    def __init__(self, signer: Signer, certificate: bytes) -> None:
        """Take the first certificate of a PEM; raises `TrustError` RM506 if it is not over the signer's key."""
        self._signer = signer
        self._certificate = _first_certificate(certificate)
        self.public = signer.public
        if PublicKey(self._certificate.public_key()) != signer.public:
            raise TrustError(
                f"expected a certificate over {signer.describe()}, got one over another key",
                code="RM506",
                hint="give the key that the certificate was issued for, leaf first if the file holds a chain",
            )

    def sign(self, data: bytes, /) -> bytes:
        """Sign by the key under the certificate."""
        return self._signer.sign(data)

    def material(self) -> dict[str, Any]:
        """Give the leaf alone: a chain in a v0.3 bundle is refused by everybody."""
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        return {"certificate": {"rawBytes": base64.b64encode(der).decode()}}

    def describe(self) -> str:
        """Name the certificate's subject and the key."""
        return f"the certificate of `{self._certificate.subject.rfc4514_string()}`, {self._signer.describe()}"


def open_signer(spec: str, store: KeyStore, password: Password | None = None) -> Signer:
    """Give the signer that a user named.

    Args:
        spec: the NAME of one of the user's own keys; else the path of a private key (PEM, encrypted or not, or a key
            file of cosign's); or `exec:COMMAND`, a program that signs (`docs/reference/keys-and-certificates.md`).
        store: where names are looked up. A file that has the name of a key is meant by `./NAME`.
        password: asked only if the key turns out to be encrypted.

    Raises:
        TrustError: RM506, there is no such key, or it cannot be used.
    """
    if spec.startswith(_PLUGIN_PREFIX):
        return PluginSigner(spec.removeprefix(_PLUGIN_PREFIX))
    if store.has(spec):
        return store.load(spec, password)
    try:
        return read_signing_key(Path(spec), password)
    except MissingFileError as exc:
        raise _no_key(spec) from exc


def public_keys(spec: str, store: KeyStore) -> tuple[TrustedKey, ...]:
    """Give the keys that a user named to verify with.

    Args:
        spec: the NAME of a key that is the user's own or trusted, with those that it has replaced; else the path of a
            public key in PEM.
        store: where names are looked up. A file that has the name of a key is meant by `./NAME`.

    Raises:
        TrustError: RM506, there is no such key, or it cannot be used.
    """
    if found := store.named(spec):
        return found
    try:
        return (TrustedKey(Path(spec).stem, PublicKey.from_pem(read_key_file(Path(spec)))),)
    except MissingFileError as exc:
        raise _no_key(spec) from exc


def _no_key(spec: str) -> TrustError:
    return TrustError(
        f"there is no key `{spec}`, neither of this name nor in a file",
        code="RM506",
        hint="`remotemedia keys list` shows the names",
    )


def _first_certificate(pem: bytes) -> x509.Certificate:
    from cryptography import x509  # noqa: PLC0415 - slow to import, and few sign by one

    try:
        return x509.load_pem_x509_certificates(bounded(pem))[0]
    except ValueError as exc:
        raise TrustError("expected a certificate in PEM, got something else", code="RM506") from exc
