"""Who signed a package, and is that somebody we trust?

The order of the steps matters: a signature is checked before what it says is believed, and a bundle by somebody trusted
that is *present and wrong* is refused whatever other bundles say. Strangers do no harm, and no good.

The steps keep their numbers; those of certificates came later, and are taken between 3 and 4:

    of each bundle      1 it can be read · 2 whose it is · 3 the signature verifies
                        9 when it was signed, if a timestamp or a log says so
                        11 key or certificate counted then · 10 the path to a root · 12 nobody on it was revoked ·
                        13 the authority is trusted for this identity
                        4 it is about this package
    of the package      5 it is signed · 6 by somebody trusted · 7 so is its provenance
                        12 revocation lists are current · 8 production wants a trusted signature
                        14 each condition of the policy's rule
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._bundle import PROVENANCE_PREDICATE, SIGNATURE_PREDICATE, Bundle, Statement
from remotemedia.trust._by_certificate import judge_certificate
from remotemedia.trust._by_key import judge_key
from remotemedia.trust._case import Case
from remotemedia.trust._keyring import Keyring
from remotemedia.trust._mode import Mode
from remotemedia.trust._policy import Rule, judge, refuse_unless
from remotemedia.trust._revocation import overdue
from remotemedia.trust._verdict import Check, Signed, Verdict, decisive, signers_of, status_of, what

_MAX_BUNDLES = 64


def verify(
    manifest_digest: str,
    bundles: Sequence[bytes],
    keyring: Keyring,
    mode: Mode,
    *,
    at: datetime | None = None,
    rule: Rule | None = None,
) -> Verdict:
    """Judge the signatures of the artifact whose OCI manifest has the digest `manifest_digest`.

    Args:
        manifest_digest: `sha256:` and 64 hexadecimal digits.
        bundles: Sigstore bundles v0.3, as bytes; at most 64.
        keyring: what the user trusts.
        mode: whether a missing or unknown signature is refused.
        at: the time of the question, with its zone; default the clock's. All else follows from the arguments.
        rule: what the user's policy asks of this package; it may refuse what the mode would let pass.

    Raises:
        TrustError: in every mode RM503 (the signature of somebody trusted is wrong), RM504 (a statement is about
            another package), RM505 (a bundle cannot be read), RM511 to RM515 (certificate, validity,
            revocation, timestamp or keyless signature of somebody trusted is wrong), RM517 (the rule does not hold);
            in production also RM501 (no signature) and RM502 (by strangers only).
    """
    if len(bundles) > _MAX_BUNDLES:
        raise TrustError(f"expected at most {_MAX_BUNDLES} signatures, got {len(bundles)}", code="RM505")
    now = at or datetime.now(UTC)
    checks: list[Check] = []
    lists: list[str] = []
    statements = tuple(_judge(data, manifest_digest, keyring, now, checks, lists) for data in bundles)

    # 5. A signature is a statement `sign/v1`; provenance alone does not make a package signed.
    status = status_of(statements, SIGNATURE_PREDICATE)
    checks.append(Check(5, "the package is signed (`sign/v1`)", status != "unsigned"))

    # 6. One of them is by somebody trusted; the others do no harm, their signers are unknown.
    if status != "unsigned":
        checks.append(Check(6, "the signer is trusted", status == "trusted"))

    # 7. Provenance is judged by the same rule, apart.
    provenance = status_of(statements, PROVENANCE_PREDICATE)
    checks.append(Check(7, "the provenance is by a trusted signer", provenance == "trusted"))

    # 12. A list that is overdue may lack a revocation: said, not refused, since nobody's revocation is known.
    stale = overdue(lists, keyring.crls, now)
    checks += [Check(12, f"the revocation list `{name}` is current", ok=False) for name in stale]

    # 8. In production only a trusted signature will do.
    if mode is Mode.PRODUCTION and status != "trusted":
        raise _refusal(statements)

    # 14. What the user's policy asks of this package.
    if rule is not None:
        conditions = judge(rule, statements, now)
        checks += [Check(14, f"policy `{rule.name}`: {one.text}", one.ok) for one in conditions]
        refuse_unless(conditions, rule)
    return Verdict(status, provenance, statements, tuple(checks), stale)


def _judge(  # noqa: PLR0917 - what one bundle is judged by, and where its notes go
    data: bytes, manifest_digest: str, keyring: Keyring, now: datetime, checks: list[Check], lists: list[str]
) -> tuple[Statement, Signed]:
    # 1. The bundle can be read (RM505).
    bundle = Bundle.parse(data)
    checks.append(Check(1, "the bundle is a Sigstore bundle v0.3", ok=True))

    # 2, 3 and 9 to 13. Whose it is, and whether that holds.
    case = Case(bundle, keyring, now, checks, lists)
    if isinstance(bundle.signer, str):
        signed = judge_key(case, bundle.signer)
    else:
        signed = judge_certificate(case, bundle.signer)

    # 4. The statement is about this package; nobody signed this one by signing another.
    if manifest_digest not in bundle.statement.subjects:
        raise TrustError(
            f"expected a signature of `{manifest_digest}`, got one of `{bundle.statement.subjects[0]}`",
            code="RM504",
            hint="the package and its signature do not belong together; fetch both again from their source",
            digest=manifest_digest,
        )
    checks.append(Check(4, f"{what(bundle.statement)} is about this package", ok=True))
    return bundle.statement, signed


def _refusal(statements: Sequence[tuple[Statement, Signed]]) -> TrustError:
    signed = decisive(signers_of(statements, SIGNATURE_PREDICATE))
    if signed is None:
        return TrustError(
            "expected a package signed by a trusted key, got one without a signature",
            code="RM501",
            hint="ask its author to sign it; `REMOTEMEDIA_ENV=development` runs it in the sandbox without",
        )
    if signed.name is not None and signed.kind == "key":
        message = f"got one signed by `{signed.name}`, which was rotated and no longer counts ({signed.fingerprint})"
        hint = "ask its author to sign it again; a timestamp would have kept the old signature good"
    elif signed.name is not None:
        message = f"got one by {strict_json.shown(signed.identity)}, for whom `{signed.name}` is not trusted"
        hint = f"if you trust this identity, add it to `identity` in `trust/{signed.name}.toml`"
    else:
        message = f"got one signed by {signed.fingerprint}"
        hint = "if you trust the signer, add the key with `remotemedia keys trust FILE`"
    return TrustError(
        f"expected a package signed by a trusted key, {message}",
        code="RM502",
        hint=hint,
        fingerprint=signed.fingerprint,
    )
