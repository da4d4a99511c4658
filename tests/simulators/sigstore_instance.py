"""A private Sigstore instance in memory: certificate authority, certificate log and signature log, all of one process.

    instance = SigstoreInstance()
    bundle = instance.sign("ci@example.test", "https://login.example.test", payload)
    trusted_root = instance.trusted_root()

Made with `cryptography` alone, after RFC 6962 (signed certificate timestamps, Merkle trees), the checkpoint format of
transparency-dev, and Rekor's `dsse` entries: what `sigstore` verifies here, it did not make itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from remotemedia.trust import BUNDLE_MEDIA_TYPE, SigningKey, pae
from tests.simulators.pki import CODE_SIGNING, Authority, general_name, load_public, named, usage
from tests.simulators.tsa import TimestampAuthority

_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_OIDC_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_START = "2020-01-01T00:00:00Z"


class _Log:
    """A log's key; its identifier is the hash of the public half."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.identifier = hashlib.sha256(self.public).digest()

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    def described(self, url: str) -> dict[str, Any]:
        return {
            "baseUrl": url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": _b64(self.public),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": {"start": _START},
            },
            "logId": {"keyId": _b64(self.identifier)},
        }


class SigstoreInstance:
    """Signs for anybody, as the public instance does."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime(2026, 5, 1, 12, tzinfo=UTC)
        self._root = Authority("sigstore root")
        self._authority = self._root.authority("fulcio", path_length=0)
        self._certificate_log, self._log = _Log(), _Log()
        self._tsa = TimestampAuthority()

    def trusted_root(self) -> bytes:
        """What its users are given: `trusted_root.json`."""
        tsa = [self._tsa.certificate, self._tsa.root]
        document = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self._log.described("https://rekor.example.test")],
            "certificateAuthorities": [_chain([self._authority.certificate, self._root.certificate])],
            "ctlogs": [self._certificate_log.described("https://ctfe.example.test")],
            "timestampAuthorities": [_chain(tsa)],
        }
        return json.dumps(document).encode()

    def sign(
        self,
        identity: str,
        issuer: str,
        payload: bytes,
        *,
        logged: timedelta = timedelta(0),
        promise: bool = True,
        without_sct: bool = False,
        other_entry: bool = False,
    ) -> bytes:
        """Sign a statement and log it; gives a bundle.

        Args:
            identity: the name in the certificate.
            issuer: the provider that vouches for it.
            payload: the statement.
            logged: how much later than the begin of the certificate, which is for 10 minutes, the log takes the entry.
            promise: whether the log promises the time; otherwise a timestamp proves it.
            without_sct: leaves out the proof that the certificate was logged.
            other_entry: logs another statement.
        """
        key = SigningKey.generate()
        leaf = self._certify(key, identity, issuer, without_sct=without_sct)
        signature = key.sign(pae(_PAYLOAD_TYPE, payload))
        at = self.now + logged
        entry = self._entry(leaf, b"{}" if other_entry else payload, signature, at if promise else None)
        material: dict[str, Any] = {
            "certificate": {"rawBytes": _b64(leaf.public_bytes(Encoding.DER))},
            "tlogEntries": [entry],
        }
        if not promise:
            self._tsa.now = at
            stamp = _b64(self._tsa.stamp(signature))
            material["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": stamp}]}
        envelope = {
            "payload": _b64(payload),
            "payloadType": _PAYLOAD_TYPE,
            "signatures": [{"sig": _b64(signature)}],
        }
        bundle = {"mediaType": BUNDLE_MEDIA_TYPE, "verificationMaterial": material, "dsseEnvelope": envelope}
        return json.dumps(bundle).encode()

    def _certify(self, key: SigningKey, identity: str, issuer: str, *, without_sct: bool) -> x509.Certificate:
        """Issue a certificate with the certificate log's timestamp in it (RFC 6962, section 3.2)."""
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (usage(sign=True), True),
            CODE_SIGNING,
            (x509.SubjectAlternativeName([general_name(identity)]), False),
            (x509.UnrecognizedExtension(_OIDC_ISSUER, issuer.encode()), False),
        ]
        builder = (
            x509.CertificateBuilder()
            .subject_name(named("sigstore"))
            .issuer_name(self._authority.name)
            .public_key(load_public(key))  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now)
            .not_valid_after(self.now + timedelta(minutes=10))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._authority.key.public_key()), critical=False
            )
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        bare = builder.sign(self._authority.key, hashes.SHA256())
        if without_sct:
            return bare
        stamps = x509.UnrecognizedExtension(_SCT_LIST, self._certificate_stamp(bare))
        return builder.add_extension(stamps, critical=False).sign(self._authority.key, hashes.SHA256())

    def _certificate_stamp(self, bare: x509.Certificate) -> bytes:
        milliseconds = int(self.now.timestamp() * 1000)
        spki = self._authority.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        tbs = bare.tbs_certificate_bytes
        signed = struct.pack("!BBQH", 0, 0, milliseconds, 1) + hashlib.sha256(spki).digest()
        signed += len(tbs).to_bytes(3, "big") + tbs + b"\0\0"
        signature = self._certificate_log.sign(signed)
        stamp = b"\0" + self._certificate_log.identifier + struct.pack("!QH", milliseconds, 0)
        stamp += struct.pack("!BBH", 4, 3, len(signature)) + signature
        listed = struct.pack("!HH", len(stamp) + 2, len(stamp)) + stamp
        return bytes([0x04, len(listed)]) + listed  # DER OCTET STRING of less than 128 bytes

    def _entry(
        self, leaf: x509.Certificate, payload: bytes, signature: bytes, at: datetime | None
    ) -> Mapping[str, Any]:
        """Log a signature as the second of two entries."""
        body = _canonical(
            {
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": {
                    "envelopeHash": {"algorithm": "sha256", "value": "00" * 32},  # of the envelope; nobody can check it
                    "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                    "signatures": [
                        {"signature": _b64(signature), "verifier": _b64(leaf.public_bytes(Encoding.PEM))},
                    ],
                },
            }
        )
        first, second = (hashlib.sha256(b"\0" + one).digest() for one in (b"before", body))
        root = hashlib.sha256(b"\1" + first + second).digest()
        note = f"rekor.example.test - 1\n2\n{_b64(root)}\n"
        mark = _b64(self._log.identifier[:4] + self._log.sign(note.encode()))
        entry: dict[str, Any] = {
            "logIndex": "1",
            "logId": {"keyId": _b64(self._log.identifier)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "inclusionProof": {
                "logIndex": "1",
                "rootHash": _b64(root),
                "treeSize": "2",
                "hashes": [_b64(first)],
                "checkpoint": {"envelope": f"{note}\n\N{EM DASH} rekor.example.test {mark}\n"},
            },
            "canonicalizedBody": _b64(body),
        }
        if at is not None:
            seconds = int(at.timestamp())
            promised = {
                "body": _b64(body),
                "integratedTime": seconds,
                "logID": self._log.identifier.hex(),
                "logIndex": 1,
            }
            entry["integratedTime"] = str(seconds)
            entry["inclusionPromise"] = {"signedEntryTimestamp": _b64(self._log.sign(_canonical(promised)))}
        return entry


def _chain(certificates: list[x509.Certificate]) -> dict[str, Any]:
    return {
        "subject": {"organization": "example.test", "commonName": "sigstore"},
        "uri": "https://fulcio.example.test",
        "certChain": {"certificates": [{"rawBytes": _b64(one.public_bytes(Encoding.DER))} for one in certificates]},
        "validFor": {"start": _START},
    }


def _canonical(value: object) -> bytes:
    """Write JSON as RFC 8785 has it; these values have neither floats nor odd characters."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
