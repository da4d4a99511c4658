"""Signed statements on the wire: in-toto Statement v1 in a DSSE envelope in a Sigstore bundle v0.3.

Sources: in-toto Attestation Framework v1 (Statement), DSSE v1.0 (PAE, envelope), sigstore protobuf-specs (bundle).
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json

if TYPE_CHECKING:
    from remotemedia.trust._signer import Signer

BUNDLE_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIGNATURE_PREDICATE = "https://sigstore.dev/cosign/sign/v1"
PROVENANCE_PREDICATE = "https://slsa.dev/provenance/v1"
SBOM_PREDICATE = "https://cyclonedx.org/bom"

_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_READ_TYPES = (
    _STATEMENT_TYPE,
    "https://in-toto.io/Statement/v0.1",
)  # the older one, of the same fields, by `cosign attest`
PAYLOAD_TYPE = "application/vnd.in-toto+json"
_MAX_SUBJECTS = 64
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)

_MAX_TIMESTAMPS = 8
_MAX_CERTIFICATE = 64 << 10
_MAX_TIMESTAMP = 64 << 10


def pae(payload_type: str, payload: bytes) -> bytes:
    """Give the bytes that are signed: DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def statement_payload(subject_digest: str, predicate_type: str, predicate: Mapping[str, Any]) -> bytes:
    """Write an in-toto Statement about the artifact `sha256:…`: the payload that an envelope carries.

    Keys are sorted: a predicate that was read from a file makes the same statement as when it was first made.
    """
    match = _DIGEST.fullmatch(subject_digest)
    if match is None:
        raise ValueError(f"expected `sha256:` and 64 hexadecimal digits, got `{subject_digest}`")
    return strict_json.dumps(
        {
            "_type": _STATEMENT_TYPE,
            "subject": [{"digest": {"sha256": match[1]}}],
            "predicateType": predicate_type,
            "predicate": predicate,
        },
        sort_keys=True,
    )


def sign_statement(
    signer: "Signer",
    subject_digest: str,
    predicate_type: str,
    predicate: Mapping[str, Any],
    *,
    timestamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Sign a statement about the artifact `sha256:…`.

    Args:
        signer: a key, or what stands for one.
        subject_digest: digest of the artifact's OCI manifest.
        predicate_type: URI of what is said.
        predicate: what is said.
        timestamp: gives the DER of an RFC 3161 `TimeStampResp` over SHA-256 of the signature it is called with.

    Returns:
        The bytes of a bundle. Without a timestamp they are the same for the same arguments, if the signer's signatures
        are.
    """
    payload = statement_payload(subject_digest, predicate_type, predicate)
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    # An empty `tlogEntries` says "not logged"; sigstore-python cannot parse a bundle without the field.
    material = {**signer.material(), "tlogEntries": []}
    if timestamp is not None:
        token = base64.b64encode(timestamp(signature)).decode()
        material["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": token}]}
    return strict_json.dumps(
        {
            "mediaType": BUNDLE_MEDIA_TYPE,
            "verificationMaterial": material,
            "dsseEnvelope": {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": base64.b64encode(signature).decode()}],
            },
        }
    )


@dataclass(frozen=True)
class Statement:
    """What was said: a predicate about subjects.

    Attributes:
        subjects: those that have a `sha256:…` digest, at least one.
    """

    subjects: tuple[str, ...]
    predicate_type: str
    predicate: Mapping[str, Any]

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read an in-toto Statement v1 or v0.1; raises `TrustError` RM505."""
        try:
            return cls._from_json(strict_json.loads_object(payload))
        except ValueError as exc:
            raise _unreadable(f"statement: {exc}") from exc

    @classmethod
    def _from_json(cls, document: dict[str, Any]) -> Self:
        # Fields that are not known here are passed over, as the framework wants it of who reads statements.
        if missing := {"_type", "subject", "predicateType"} - document.keys():
            raise ValueError(f"expected the field `{min(missing)}`")
        if document["_type"] not in _READ_TYPES:
            raise ValueError(f"expected `_type` `{_STATEMENT_TYPE}`, got {strict_json.shown(document['_type'])}")
        subjects = _typed(document, "subject", list)
        if not 1 <= len(subjects) <= _MAX_SUBJECTS:
            raise ValueError(f"expected 1 to {_MAX_SUBJECTS} subjects, got {len(subjects)}")
        predicate = _typed(document, "predicate", dict) if "predicate" in document else {}
        digests = tuple(digest for subject in subjects if (digest := _subject_digest(subject)) is not None)
        if not digests:
            raise ValueError("expected a subject with a `sha256` digest of 64 hexadecimal digits")
        return cls(
            digests,
            _typed(document, "predicateType", str),
            predicate,
        )


@dataclass(frozen=True)
class Bundle:
    """A bundle that could be read; nothing in it has been checked yet.

    Attributes:
        signer: the hint that names a public key, or the DER of a certificate.
        timestamps: DER of RFC 3161 responses over the signature.
        log_entries: entries of a transparency log, as JSON has them.
        signature: over `signed`; of P-256 in ASN.1 DER.
        signed: the bytes under the signature (PAE of the payload).
        raw: the bundle's own bytes.
    """

    signer: str | bytes
    timestamps: tuple[bytes, ...]
    log_entries: tuple[Mapping[str, Any], ...]
    signature: bytes
    signed: bytes
    statement: Statement
    raw: bytes

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a bundle v0.3 with a DSSE envelope; raises `TrustError` RM505."""
        try:
            return cls._from_json(strict_json.loads_object(data), data)
        except ValueError as exc:
            raise _unreadable(str(exc)) from exc

    @classmethod
    def _from_json(cls, document: dict[str, Any], raw: bytes) -> Self:
        _expect_fields(document, required={"mediaType", "verificationMaterial", "dsseEnvelope"})
        if document["mediaType"] != BUNDLE_MEDIA_TYPE:
            got = strict_json.shown(document["mediaType"])
            raise ValueError(f"expected `mediaType` `{BUNDLE_MEDIA_TYPE}`, got {got}")
        material = _typed(document, "verificationMaterial", dict)
        optional = {"publicKey", "certificate", "tlogEntries", "timestampVerificationData"}
        _expect_fields(material, required=set(), optional=optional)
        payload, signature = _open_envelope(_typed(document, "dsseEnvelope", dict))
        return cls(
            signer=_signer(material),
            timestamps=_timestamps(material),
            log_entries=_log_entries(material),
            signature=signature,
            signed=pae(PAYLOAD_TYPE, payload),
            statement=Statement.parse(payload),
            raw=raw,
        )


def _signer(material: dict[str, Any]) -> str | bytes:
    """Give hint or certificate. A chain is not among them: v0.3 carries the leaf, the verifier has what is above it."""
    if ("publicKey" in material) == ("certificate" in material):
        raise ValueError("expected one of `publicKey`, `certificate` in `verificationMaterial`")
    if "publicKey" in material:
        key = _typed(material, "publicKey", dict)
        _expect_fields(key, required={"hint"})
        return str(_typed(key, "hint", str))
    certificate = _typed(material, "certificate", dict)
    _expect_fields(certificate, required={"rawBytes"})
    return _base64(certificate, "rawBytes", _MAX_CERTIFICATE)


def _timestamps(material: dict[str, Any]) -> tuple[bytes, ...]:
    if "timestampVerificationData" not in material:
        return ()
    data = _typed(material, "timestampVerificationData", dict)
    _expect_fields(data, required=set(), optional={"rfc3161Timestamps"})
    entries = _typed(data, "rfc3161Timestamps", list) if data else []
    if len(entries) > _MAX_TIMESTAMPS:
        raise ValueError(f"expected at most {_MAX_TIMESTAMPS} timestamps, got {len(entries)}")
    for entry in entries:
        _expect_object(entry, "a timestamp")
        _expect_fields(entry, required={"signedTimestamp"})
    return tuple(_base64(entry, "signedTimestamp", _MAX_TIMESTAMP) for entry in entries)


def _log_entries(material: dict[str, Any]) -> tuple[Mapping[str, Any], ...]:
    entries = _typed(material, "tlogEntries", list) if "tlogEntries" in material else []
    for entry in entries:
        _expect_object(entry, "an entry of `tlogEntries`")
    return tuple(entries)


def _open_envelope(envelope: dict[str, Any]) -> tuple[bytes, bytes]:
    """Give payload and signature; DSSE section 2 allows several signatures, a Sigstore bundle exactly one."""
    _expect_fields(envelope, required={"payload", "payloadType", "signatures"})
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise ValueError(f"expected `payloadType` `{PAYLOAD_TYPE}`, got {strict_json.shown(envelope['payloadType'])}")
    signatures = _typed(envelope, "signatures", list)
    if len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise ValueError(f"expected one signature, got {len(signatures)}")
    _expect_fields(signatures[0], required={"sig"}, optional={"keyid"})
    return _base64(envelope, "payload"), _base64(signatures[0], "sig")


def _base64(document: dict[str, Any], name: str, max_bytes: int = strict_json.DEFAULT_MAX_BYTES) -> bytes:
    """Decode canonical base64: each value has one spelling, so that no byte of a bundle can change unseen."""
    text = _typed(document, name, str)
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError(f"expected base64 in `{name}`") from exc
    if base64.b64encode(value).decode() != text:
        raise ValueError(f"expected canonical base64 in `{name}`")
    if len(value) > max_bytes:
        raise ValueError(f"expected at most {max_bytes} bytes in `{name}`, got {len(value)}")
    return value


def _subject_digest(subject: Any) -> str | None:
    """Give the digest of a subject that can be a package; another one, such as a commit, is no concern of ours."""
    _expect_object(subject, "a subject")
    value = _typed(subject, "digest", dict).get("sha256")
    return f"sha256:{value}" if isinstance(value, str) and _HEX.fullmatch(value) else None


def _expect_fields(document: dict[str, Any], *, required: set[str], optional: set[str] | None = None) -> None:
    if missing := required - document.keys():
        raise ValueError(f"expected the field `{min(missing)}`")
    if unknown := document.keys() - required - (optional or set()):
        raise ValueError(f"the field {strict_json.shown(min(unknown))} is not known")


def _expect_object(value: object, what: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"expected {what} to be an object, got {type(value).__name__}")  # noqa: TRY004 - one type


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
