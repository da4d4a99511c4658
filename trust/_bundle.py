"""Signed statements on the wire: in-toto Statement v1 in a DSSE envelope in a Sigstore bundle v0.3.

Sources: in-toto Attestation Framework v1 (Statement), DSSE v1.0 (PAE, envelope), sigstore protobuf-specs (bundle).
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._keys import SigningKey

BUNDLE_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIGNATURE_PREDICATE = "https://sigstore.dev/cosign/sign/v1"
PROVENANCE_PREDICATE = "https://slsa.dev/provenance/v1"

_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_MAX_SUBJECTS = 64
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)

# Fields beside the one that says who signed; a list that is not known here is not a v0.3 bundle.
_MATERIAL_FIELDS = {"publicKey", "certificate", "x509CertificateChain", "tlogEntries", "timestampVerificationData"}
_SIGNER_FIELDS = ("publicKey", "certificate", "x509CertificateChain")


def pae(payload_type: str, payload: bytes) -> bytes:
    """Give the bytes that are signed: DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign_statement(key: SigningKey, subject_digest: str, predicate_type: str, predicate: Mapping[str, Any]) -> bytes:
    """Sign a statement about the artifact `sha256:…`; gives the bytes of a bundle, the same for the same arguments."""
    match = _DIGEST.fullmatch(subject_digest)
    if match is None:
        raise ValueError(f"expected `sha256:` and 64 hexadecimal digits, got `{subject_digest}`")
    payload = strict_json.dumps(
        {
            "_type": _STATEMENT_TYPE,
            "subject": [{"digest": {"sha256": match[1]}}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )
    signature = key.sign(pae(_PAYLOAD_TYPE, payload))
    return strict_json.dumps(
        {
            "mediaType": BUNDLE_MEDIA_TYPE,
            # An empty `tlogEntries` says "not logged"; sigstore-python cannot parse a bundle without the field.
            "verificationMaterial": {"publicKey": {"hint": key.public.hint}, "tlogEntries": []},
            "dsseEnvelope": {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": _PAYLOAD_TYPE,
                "signatures": [{"sig": base64.b64encode(signature).decode()}],
            },
        }
    )


@dataclass(frozen=True)
class Statement:
    """What was said: a predicate about subjects, each a `sha256:…` digest."""

    subjects: tuple[str, ...]
    predicate_type: str
    predicate: Mapping[str, Any]

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read an in-toto Statement v1; raises `TrustError` RM505."""
        try:
            return cls._from_json(strict_json.loads_object(payload))
        except ValueError as exc:
            raise _unreadable(f"statement: {exc}") from exc

    @classmethod
    def _from_json(cls, document: dict[str, Any]) -> Self:
        _expect_fields(document, required={"_type", "subject", "predicateType"}, optional={"predicate"})
        if document["_type"] != _STATEMENT_TYPE:
            raise ValueError(f"expected `_type` `{_STATEMENT_TYPE}`, got {strict_json.shown(document['_type'])}")
        subjects = _typed(document, "subject", list)
        if not 1 <= len(subjects) <= _MAX_SUBJECTS:
            raise ValueError(f"expected 1 to {_MAX_SUBJECTS} subjects, got {len(subjects)}")
        predicate = _typed(document, "predicate", dict) if "predicate" in document else {}
        return cls(
            tuple(_subject_digest(subject) for subject in subjects),
            _typed(document, "predicateType", str),
            predicate,
        )


@dataclass(frozen=True)
class Bundle:
    """A bundle that could be read; nothing in it has been checked yet.

    Attributes:
        hint: names the public key, or is None where a certificate stands in its place.
        signature: ASN.1 DER over `signed`.
        signed: the bytes under the signature (PAE of the payload).
    """

    hint: str | None
    signature: bytes
    signed: bytes
    statement: Statement

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a bundle v0.3 with a DSSE envelope; raises `TrustError` RM505."""
        try:
            return cls._from_json(strict_json.loads_object(data))
        except ValueError as exc:
            raise _unreadable(str(exc)) from exc

    @classmethod
    def _from_json(cls, document: dict[str, Any]) -> Self:
        _expect_fields(document, required={"mediaType", "verificationMaterial", "dsseEnvelope"})
        if document["mediaType"] != BUNDLE_MEDIA_TYPE:
            got = strict_json.shown(document["mediaType"])
            raise ValueError(f"expected `mediaType` `{BUNDLE_MEDIA_TYPE}`, got {got}")
        hint = _key_hint(_typed(document, "verificationMaterial", dict))
        payload, signature = _open_envelope(_typed(document, "dsseEnvelope", dict))
        return cls(hint, signature, pae(_PAYLOAD_TYPE, payload), Statement.parse(payload))


def _key_hint(material: dict[str, Any]) -> str | None:
    _expect_fields(material, required=set(), optional=_MATERIAL_FIELDS)
    if "tlogEntries" in material:
        _typed(material, "tlogEntries", list)
    signers = [name for name in _SIGNER_FIELDS if name in material]
    if len(signers) != 1:
        raise ValueError(f"expected one of `publicKey`, `certificate`, `x509CertificateChain`, got {signers or 'none'}")
    signer = _typed(material, signers[0], dict)
    if signers[0] != "publicKey":
        return None
    _expect_fields(signer, required={"hint"})
    hint = _typed(signer, "hint", str)
    return str(hint)


def _open_envelope(envelope: dict[str, Any]) -> tuple[bytes, bytes]:
    """Give payload and signature; DSSE section 2 allows several signatures, a Sigstore bundle exactly one."""
    _expect_fields(envelope, required={"payload", "payloadType", "signatures"})
    if envelope["payloadType"] != _PAYLOAD_TYPE:
        raise ValueError(f"expected `payloadType` `{_PAYLOAD_TYPE}`, got {strict_json.shown(envelope['payloadType'])}")
    signatures = _typed(envelope, "signatures", list)
    if len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise ValueError(f"expected one signature, got {len(signatures)}")
    _expect_fields(signatures[0], required={"sig"}, optional={"keyid"})
    return _base64(envelope, "payload"), _base64(signatures[0], "sig")


def _base64(document: dict[str, Any], name: str) -> bytes:
    """Decode canonical base64: each value has one spelling, so that no byte of a bundle can change unseen."""
    text = _typed(document, name, str)
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError(f"expected base64 in `{name}`") from exc
    if base64.b64encode(value).decode() != text:
        raise ValueError(f"expected canonical base64 in `{name}`")
    return value


def _subject_digest(subject: object) -> str:
    if not isinstance(subject, dict):
        raise ValueError(f"expected a subject to be an object, got {type(subject).__name__}")  # noqa: TRY004 - one type
    digest = _typed(subject, "digest", dict)
    value = digest.get("sha256")
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError("expected a subject with a `sha256` digest of 64 hexadecimal digits")
    return f"sha256:{value}"


def _expect_fields(document: dict[str, Any], *, required: set[str], optional: set[str] | None = None) -> None:
    if missing := required - document.keys():
        raise ValueError(f"expected the field `{min(missing)}`")
    if unknown := document.keys() - required - (optional or set()):
        raise ValueError(f"the field {strict_json.shown(min(unknown))} is not known")


def _typed(document: dict[str, Any], name: str, kind: type) -> Any:
    value = document.get(name)
    if not isinstance(value, kind):
        raise ValueError(f"expected `{name}` to be {kind.__name__}, got {type(value).__name__}")  # noqa: TRY004 - one type
    return value


def _unreadable(why: str) -> TrustError:
    return TrustError(
        f"expected a Sigstore bundle v0.3 with an in-toto statement: {why}",
        code="RM505",
        hint="fetch the package again, or ask its author to sign it again",
    )
