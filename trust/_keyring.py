"""What somebody trusts: public keys, certificate authorities, timestamp authorities, keyless identities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from remotemedia.trust._keys import PublicKey

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True)
class TrustedKey:
    """A public key with the name its user gave it.

    Attributes:
        until: the end of its trust, if it was rotated: what is signed by a later time does not count.
    """

    name: str
    key: PublicKey
    until: datetime | None = None


@dataclass(frozen=True)
class Authority:
    """A certificate authority, or one of timestamps.

    Attributes:
        roots: self-signed certificates, where every path must end.
        intermediates: certificates below them; a bundle carries none.
        identities: whom it may vouch for, names as in the leaf; empty for everybody it certifies.
    """

    name: str
    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()
    identities: tuple[str, ...] = ()

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """All of them, the ones nearest to a leaf first."""
        return (*self.intermediates, *self.roots)


@dataclass(frozen=True)
class KeylessIdentity:
    """An identity that signs with certificates of some minutes, logged in public (Sigstore).

    Attributes:
        identities: the name in the certificate, one of these.
        issuer: URL of the OpenID provider that vouched for the identity.
        trusted_root: `trusted_root.json` of the Sigstore instance, as its bytes.
        authorities: the certificates of its certificate authorities.
    """

    name: str
    identities: tuple[str, ...]
    issuer: str
    trusted_root: bytes
    authorities: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class RevocationList:
    """A certificate authority's list of what it takes back (RFC 5280, section 5)."""

    name: str
    crl: x509.CertificateRevocationList


class Keyring:
    """Everything that one user trusts.

    A key is found by the hint that a bundle carries; one that is trusted under two names has the first one.

    Attributes:
        roots: authorities of signers' certificates.
        tsa_roots: authorities of timestamps.
        crls: revocation lists of either.
        identities: keyless identities.
    """

    def __init__(
        self,
        keys: Iterable[TrustedKey] = (),
        *,
        roots: Iterable[Authority] = (),
        tsa_roots: Iterable[Authority] = (),
        crls: Iterable[RevocationList] = (),
        identities: Iterable[KeylessIdentity] = (),
    ) -> None:
        self._by_hint: dict[str, TrustedKey] = {}
        for trusted in keys:
            self._by_hint.setdefault(trusted.key.hint, trusted)
        self.roots = tuple(roots)
        self.tsa_roots = tuple(tsa_roots)
        self.crls = tuple(crls)
        self.identities = tuple(identities)

    def find(self, hint: str) -> TrustedKey | None:
        """Give the trusted key of that hint, if there is one."""
        return self._by_hint.get(hint)

    def __iter__(self) -> Iterator[TrustedKey]:
        return iter(self._by_hint.values())
