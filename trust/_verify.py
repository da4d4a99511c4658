"""Who signed a package, and is that somebody we trust?

The order of the steps matters: a signature is checked before what it says is believed, and a bundle by somebody trusted
that is *present and wrong* is refused whatever other bundles say. Strangers do no harm, and no good: what they attached
and nobody can read, or is about something else, is noted. So is what does not count: a certificate that is not for
signing, came to its end or was revoked, and whatever is wrong with a signature by somebody whom an authority certified
and the user does not admit. If no trusted signature is left beside such a bundle, the package is refused for it.

The steps keep their numbers; those of certificates came later, and are taken between 3 and 4:

    of all bundles      15 there are not too many
    of each bundle      1 it can be read · 2 whose it is · 10 the certificate is for signing
                        13 the authority is trusted for this identity · 3 the signature verifies
                        9 when it was signed, if a timestamp or a log says so
                        11 key or certificate counted then · 10 the path to a root · 12 nobody on it was revoked
                        4 it is about this package
    of the package      5 it is signed · 6 by somebody trusted · 7 so is its provenance
                        12 revocation lists are current · 8 production wants a trusted signature
                        14 each condition of the policy's rule
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._bundle import PROVENANCE_PREDICATE, SIGNATURE_PREDICATE, Bundle, Statement
from remotemedia.trust._by_key import judge_key
from remotemedia.trust._case import Case
from remotemedia.trust._choosing import chosen, names_key
from remotemedia.trust._keyring import Keyring
from remotemedia.trust._mode import Mode
from remotemedia.trust._policy import Rule, judge, refuse_unless
from remotemedia.trust._verdict import Check, Signed, Verdict, decisive, signers_of, status_of

_MAX_BUNDLES = 64
_STEPS = {"RM503": 3, "RM505": 9, "RM511": 10, "RM512": 11, "RM513": 12, "RM514": 9}
_NOT_COUNTED = {"RM511", "RM512", "RM513"}  # a signature under such a certificate is one that does not count


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
        bundles: Sigstore bundles v0.3, as bytes; of more than 64 those are judged that name somebody trusted.
        keyring: what the user trusts.
        mode: whether a missing or unknown signature is refused.
        at: the time of the question, with its zone; default the clock's. All else follows from the arguments.
        rule: what the user's policy asks of this package; it may refuse what the mode would let pass.

    Raises:
        TrustError: in every mode RM503, RM514, RM515 (what somebody trusted signed is wrong), RM504, RM505 (it is about
            another package, or cannot be read), RM517 (the rule does not hold); if no trusted signature is left, also
            RM511, RM513 (a certificate is refused, or was revoked), and RM504, RM505 of anybody's; in production then
            also RM512 (one is past its time), RM501 (no signature) and RM502 (by strangers only). Its `details` have
            the `checks` so far, and the `digest`.
    """
    found = _Found(at or datetime.now(UTC))
    # 15. Whoever floods a registry is passed over, not the package's author.
    judged = chosen(bundles, keyring, _MAX_BUNDLES)
    passed_over = len(bundles) - len(judged)
    if passed_over:
        text = f"there are at most {_MAX_BUNDLES} statements; {passed_over} are passed over"
        found.checks.append(Check(15, text, ok=False))
    try:
        for data in judged:
            _judge(data, manifest_digest, keyring, found)
        verdict = _decide(found, keyring, mode, rule)
    except TrustError as error:
        error.details["checks"] = [check._asdict() for check in found.checks]
        error.details.setdefault("digest", manifest_digest)
        raise
    return replace(verdict, passed_over=passed_over)


def _decide(found: _Found, keyring: Keyring, mode: Mode, rule: Rule | None) -> Verdict:
    """Come from what was said of the package to what is made of it; raises as `verify`."""
    checks, statements = found.checks, tuple(found.statements)

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
    stale = _overdue(found.lists, keyring, found.now)
    checks += [Check(12, f"the revocation list `{name}` is current", ok=False) for name in stale]

    # 8. In production only a trusted signature will do, and nowhere one of which something was found to be wrong.
    if status != "trusted":
        _refuse_untrusted(statements, found.doubts, mode)

    # 14. What the user's policy asks of this package.
    if rule is not None:
        conditions = judge(rule, statements, found.now)
        checks += [Check(14, f"policy `{rule.name}`: {one.told}", one.ok) for one in conditions]
        refuse_unless(conditions, rule)
    return Verdict(status, provenance, statements, tuple(checks), stale)


@dataclass
class _Found:
    """What was found out about bundles.

    Attributes:
        now: when the question is asked.
        statements: what was said about the package, and by whom.
        lists: names of the revocation lists that were asked.
        doubts: what is wrong with bundles that do not count, and fatal if no trusted signature is left.
    """

    now: datetime
    statements: list[tuple[Statement, Signed]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    doubts: list[TrustError] = field(default_factory=list)


def _judge(data: bytes, manifest_digest: str, keyring: Keyring, found: _Found) -> None:
    # 1. The bundle can be read; one by somebody trusted that cannot be any more was altered (RM505).
    try:
        bundle = Bundle.parse(data)
    except TrustError as exc:
        if names_key(data, keyring):
            raise
        text = "the bundle is a Sigstore bundle v0.3; it names nobody trusted"
        found.checks.append(Check(1, text, ok=False, about="a statement that cannot be read"))
        found.doubts.append(exc)
        return
    case = Case(bundle, keyring, found.now, found.checks, found.lists)
    case.check(1, "the bundle is a Sigstore bundle v0.3")

    # 2, 3 and 9 to 13. Whose it is, and whether that holds.
    signed = _signed(case, found.doubts)

    # 4. The statement is about this package; nobody trusted signed this one by signing another (RM504).
    is_about = manifest_digest in bundle.statement.subjects
    case.check(4, f"{case.what} is about this package", is_about)
    if is_about:
        found.statements.append((bundle.statement, signed))
        return
    error = TrustError(
        f"expected a signature of `{manifest_digest}`, got one of `{bundle.statement.subjects[0]}`",
        code="RM504",
        hint="the package and its signature do not belong together; fetch both again from their source",
        digest=manifest_digest,
    )
    if signed.trusted:
        raise error
    found.doubts.append(error)


def _signed(case: Case, doubts: list[TrustError]) -> Signed:
    """Say who signed; what does not count, and what is wrong with who is not admitted, is noted and is a flaw."""
    signer = case.bundle.signer
    try:
        if isinstance(signer, str):
            return judge_key(case, signer)
        from remotemedia.trust._by_certificate import judge_certificate  # noqa: PLC0415 - X.509 is slow to import

        return judge_certificate(case, signer)
    except TrustError as exc:
        if case.signer is None or (case.is_admitted and exc.code not in _NOT_COUNTED):
            raise
        case.check(_STEPS[exc.code], exc.message, ok=False)
        doubts.append(exc)
        return replace(case.signer, flaw=exc.message)


def _refuse_untrusted(statements: Sequence[tuple[Statement, Signed]], doubts: Sequence[TrustError], mode: Mode) -> None:
    """Refuse a package without a trusted signature for what is wrong with those that it has; in production always.

    That a certificate came to its end is nobody's fault: where a signature is not needed, it is as good as none.
    """
    fatal = [one for one in doubts if one.code != "RM512" or mode is Mode.PRODUCTION]
    if fatal:
        raise min(fatal, key=lambda one: one.code == "RM512")
    if mode is Mode.PRODUCTION:
        raise _refusal(statements)


def _overdue(lists: Sequence[str], keyring: Keyring, now: datetime) -> tuple[str, ...]:
    if not lists:
        return ()
    from remotemedia.trust._revocation import overdue  # noqa: PLC0415 - X.509 is slow to import

    return overdue(lists, keyring.crls, now)


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
        hint = f"if you trust this identity, add it to `identity` in `trust/{signed.name}.crt`"
    else:
        message = f"got one signed by {signed.fingerprint}"
        hint = "if you trust the signer, add the key with `remotemedia keys trust FILE`"
    return TrustError(
        f"expected a package signed by a trusted key, {message}",
        code="RM502",
        hint=hint,
        fingerprint=signed.fingerprint,
    )
