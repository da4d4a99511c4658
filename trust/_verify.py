"""Who signed a package, and is that somebody we trust?

The order of the steps matters: a signature is checked before what it says is believed, and a bundle by a trusted key
that is *present and wrong* is refused whatever other bundles say.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._bundle import PROVENANCE_PREDICATE, SIGNATURE_PREDICATE, Bundle
from remotemedia.trust._keyring import Keyring, TrustedKey
from remotemedia.trust._mode import Mode

Status = Literal["trusted", "untrusted", "unsigned"]

_MAX_BUNDLES = 64
_SHOWN_HINT = 44  # base64 of 32 bytes; a longer hint is not one of ours and is cut


class Check(NamedTuple):
    """One step of a verification: its number, what was asked, and whether it held."""

    number: int
    text: str
    ok: bool


@dataclass(frozen=True)
class Verdict:
    """What verification found.

    Attributes:
        status: `trusted`: signed by a trusted key; `untrusted`: signed by strangers only; `unsigned`: no signature.
        key_name: the name the user gave the key, if trusted.
        fingerprint: `SHA256:…` of the key that signed; of a stranger's what the bundle says, which nothing proves.
        provenance: the same question about the statement of where the package was built.
        checks: the steps taken, in order.
    """

    status: Status
    key_name: str | None
    fingerprint: str | None
    provenance: Status
    checks: tuple[Check, ...]

    @property
    def warning(self) -> str | None:
        """What a user in development should be told, or None."""
        if self.status == "trusted":
            return None
        if self.status == "unsigned":
            return "the package is not signed"
        return "the package is signed by a key that is not trusted"


@dataclass(frozen=True)
class _Judged:
    """One bundle after steps 1 to 4: whose it is (None: a stranger's) and what it is about."""

    bundle: Bundle
    signer: TrustedKey | None

    @property
    def predicate_type(self) -> str:
        return self.bundle.statement.predicate_type


def verify(manifest_digest: str, bundles: Sequence[bytes], keyring: Keyring, mode: Mode) -> Verdict:
    """Judge the signatures of the artifact whose OCI manifest has the digest `manifest_digest`.

    Raises `TrustError`: in every mode RM503 (a trusted key's signature is wrong), RM504 (a statement is about another
    package) and RM505 (a bundle cannot be read); in production also RM501 (no signature) and RM502 (strangers only).
    """
    if len(bundles) > _MAX_BUNDLES:
        raise TrustError(f"expected at most {_MAX_BUNDLES} signatures, got {len(bundles)}", code="RM505")
    checks: list[Check] = []
    judged = [_judge(data, manifest_digest, keyring, checks) for data in bundles]

    # 5. A signature is a statement `sign/v1`; provenance alone does not make a package signed.
    signatures = [one for one in judged if one.predicate_type == SIGNATURE_PREDICATE]
    checks.append(Check(5, "the package is signed (`sign/v1`)", bool(signatures)))

    # 6. One of them is by a key of the keyring; the others do no harm, their signers are unknown.
    status, deciding = _decide(signatures)
    if signatures:
        checks.append(Check(6, "the signer is trusted", status == "trusted"))

    # 7. Provenance is judged by the same rule, apart.
    provenance, _ = _decide([one for one in judged if one.predicate_type == PROVENANCE_PREDICATE])
    checks.append(Check(7, "the provenance is by a trusted signer", provenance == "trusted"))

    verdict = Verdict(
        status=status,
        key_name=deciding.signer.name if deciding and deciding.signer else None,
        fingerprint=_fingerprint(deciding) if deciding else None,
        provenance=provenance,
        checks=tuple(checks),
    )
    # 8. In production only a trusted signature will do.
    if mode is Mode.PRODUCTION and status != "trusted":
        raise _refusal(verdict)
    return verdict


def _judge(data: bytes, manifest_digest: str, keyring: Keyring, checks: list[Check]) -> _Judged:
    # 1. The bundle can be read (RM505).
    bundle = Bundle.parse(data)
    checks.append(Check(1, "the bundle is a Sigstore bundle v0.3", ok=True))

    # 2. Its key is looked up by hint; a stranger's signature cannot be checked, which is not the same as wrong.
    signer = keyring.find(bundle.hint) if bundle.hint is not None else None
    judged = _Judged(bundle, signer)
    who = f"`{signer.name}`" if signer else f"a key that is not trusted ({_fingerprint(judged)})"
    checks.append(Check(2, f"{_what(judged)} is by {who}", signer is not None))

    # 3. The signature is that key's over the statement (DSSE, section "Verification").
    if signer is not None:
        if not signer.key.verify(bundle.signature, bundle.signed):
            raise TrustError(
                f"the signature does not verify with the key `{signer.name}` that it names",
                code="RM503",
                hint="the package or its signature was altered; fetch it again from its source",
                key=signer.name,
            )
        checks.append(Check(3, f"the signature verifies with `{signer.name}`", ok=True))

    # 4. The statement is about this package; nobody signed this one by signing another.
    if manifest_digest not in bundle.statement.subjects:
        raise TrustError(
            f"expected a signature of `{manifest_digest}`, got one of `{bundle.statement.subjects[0]}`",
            code="RM504",
            hint="the package and its signature do not belong together; fetch both again from their source",
            digest=manifest_digest,
        )
    checks.append(Check(4, f"{_what(judged)} is about this package", ok=True))
    return judged


def _decide(statements: Sequence[_Judged]) -> tuple[Status, _Judged | None]:
    """Give the status and the statement it rests on: the first by a trusted key, else the first one."""
    for one in statements:
        if one.signer is not None:
            return "trusted", one
    return ("untrusted", statements[0]) if statements else ("unsigned", None)


def _refusal(verdict: Verdict) -> TrustError:
    if verdict.status == "unsigned":
        return TrustError(
            "expected a package signed by a trusted key, got one without a signature",
            code="RM501",
            hint="ask its author to sign it; `REMOTEMEDIA_ENV=development` runs it in the sandbox without",
        )
    return TrustError(
        f"expected a package signed by a trusted key, got one signed by {verdict.fingerprint}",
        code="RM502",
        hint="if you trust the signer, add the key with `remotemedia keys trust FILE`",
        fingerprint=verdict.fingerprint,
    )


def _what(judged: _Judged) -> str:
    names = {SIGNATURE_PREDICATE: "the signature", PROVENANCE_PREDICATE: "the provenance"}
    return names.get(judged.predicate_type, "a further statement")


def _fingerprint(judged: _Judged) -> str:
    if judged.signer is not None:
        return judged.signer.key.fingerprint
    hint = judged.bundle.hint
    return "a certificate" if hint is None else _fingerprint_of_hint(hint)


def _fingerprint_of_hint(hint: str) -> str:
    """Give a stranger's key hint as people read fingerprints; one of another form as it stands, cut and escaped."""
    try:
        digest = base64.b64decode(hint, validate=True)
    except ValueError:
        digest = b""
    if len(digest) == hashlib.sha256().digest_size:
        return f"SHA256:{digest.hex()}"
    return f"hint {strict_json.shown(hint, _SHOWN_HINT)}"
