"""A certificate authority in memory: hierarchies with any one thing wrong.

root = Authority("root")
issuing = root.authority("issuing", path_length=0)
signer = issuing.signer("ci@example.test")
bundle = sign_statement(signer, digest, SIGNATURE_PREDICATE, {})
keyring = Keyring(roots=[load_authority(issuing.pem + root.pem, "corp")])
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from remotemedia.trust import CertificateSigner, SigningKey

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
Extension = tuple[x509.ExtensionType, bool]
Span = tuple[datetime, datetime]

START = datetime(2020, 1, 1, tzinfo=UTC)
SPAN = (START, START + timedelta(days=20 * 365))
CODE_SIGNING = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)

TIME_STAMPING = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)


def usage(*, sign: bool = False, certificates: bool = False, lists: bool | None = None) -> x509.KeyUsage:
    """Make a key usage: for signatures, or for certificates and (as these, if not said) revocation lists."""
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates if lists is None else lists,
        encipher_only=False,
        decipher_only=False,
    )


def named(name: str) -> x509.Name:
    """Make a subject."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def general_name(identity: str) -> x509.GeneralName:
    """Make the alternative name of an identity: a URI, an address or a host."""
    if "://" in identity:
        return x509.UniformResourceIdentifier(identity)
    return x509.RFC822Name(identity) if "@" in identity else x509.DNSName(identity)


class Authority:
    """Issues certificates: a root, or below another authority."""

    def __init__(
        self,
        name: str,
        issuer: Authority | None = None,
        *,
        path_length: int | None = None,
        valid: Span = SPAN,
        extensions: Sequence[Extension] = (),
        is_authority: bool = True,
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = named(name)
        own = [
            (x509.BasicConstraints(ca=is_authority, path_length=path_length if is_authority else None), True),
            (usage(sign=not is_authority, certificates=is_authority), True),
        ]
        self.certificate = (issuer or self).issue(self.name, self.key.public_key(), [*own, *extensions], valid=valid)

    @property
    def pem(self) -> bytes:
        """Its certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    def authority(self, name: str, **options: object) -> Authority:
        """Make one below this one."""
        return Authority(name, self, **options)  # type: ignore[arg-type]

    def issue(
        self, subject: x509.Name, key: object, extensions: Iterable[Extension], *, valid: Span = SPAN
    ) -> x509.Certificate:
        """Certify a public key, with the identifiers of both keys beside the extensions."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(valid[0])
            .not_valid_after(valid[1])
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)  # type: ignore[arg-type]
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def signer(
        self,
        *identities: str,
        valid: Span = SPAN,
        extended: Extension | None = CODE_SIGNING,
        extensions: Sequence[Extension] = (),
        key: SigningKey | None = None,
        subject: str = "signer",
    ) -> CertificateSigner:
        """Make a key with a certificate that names these identities."""
        key = key or SigningKey.generate()
        public = load_public(key)
        own: list[Extension] = [(usage(sign=True), True)]
        if extended is not None:
            own.append(extended)
        if identities:
            own.append((x509.SubjectAlternativeName([general_name(one) for one in identities]), False))
        certificate = self.issue(named(subject), public, [*own, *extensions], valid=valid)
        return CertificateSigner(key, certificate.public_bytes(Encoding.PEM))

    def revocations(
        self,
        *entries: tuple[int, datetime],
        reason: x509.ReasonFlags | None = None,
        suspected: datetime | None = None,
        issued: datetime = START,
        due: datetime = SPAN[1],
        key: PrivateKey | None = None,
        extensions: Sequence[Extension] = (),
    ) -> bytes:
        """Make a revocation list, in PEM: serial numbers with the times of their revocations."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name).last_update(issued).next_update(due)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        for serial, at in entries:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            if suspected is not None:
                entry = entry.add_extension(x509.InvalidityDate(suspected), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(key or self.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def load_public(key: SigningKey) -> object:
    """Give a signing key's public half as `cryptography` has it."""
    return load_pem_public_key(key.public.to_pem())


def certificate_of(signer: CertificateSigner) -> x509.Certificate:
    """Give the certificate that a signer's bundles carry."""
    return x509.load_der_x509_certificate(base64.b64decode(signer.material()["certificate"]["rawBytes"]))


def with_certificate(bundle: bytes, certificate: x509.Certificate) -> bytes:
    """Give a bundle with another certificate in it, and all else as it was."""
    document = json.loads(bundle)
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    document["verificationMaterial"]["certificate"] = {"rawBytes": der}
    return json.dumps(document).encode()
