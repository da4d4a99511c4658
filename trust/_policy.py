"""A user's policy: what must hold of packages by the place they come from and the name that is signed.

    policy = Policy.parse(path.read_bytes(), "policy.toml")
    rule = policy.rule_for(Candidate(digest, "speech", "oci://registry.example/team/speech:1.0"))
    conditions = judge(rule, statements, at=now) if rule else ()

The first rule that matches decides, and it is closed: a package that it matches must be signed, in every mode, by one
of the signers that it names, and everything else that it states must hold as well.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._bundle import PROVENANCE_PREDICATE, SIGNATURE_PREDICATE, Statement
from remotemedia.trust._policy_file import parse_policy, read_policy

if TYPE_CHECKING:
    from remotemedia.trust._verdict import Signed

_MAX_LISTED: Final = 3
_CLOCK_SKEW: Final = timedelta(minutes=5)
_MAX_TEXT: Final = 8192  # no reference and no path is as long


@dataclass(frozen=True)
class Candidate:
    """A package that a policy is asked about.

    Attributes:
        digest: of its OCI manifest.
        name: from the configuration that the digest covers; as manifests have it, of at most 200 characters.
        place: what it was asked for by, as `Reference.canonical` writes it; None for the digest alone.
        known_places: gives where the same package was fetched from before; asked only if no rule is for `place`.
    """

    digest: str
    name: str
    place: str | None = None
    known_places: Callable[[], Sequence[str]] = tuple


class Match(NamedTuple):
    """A rule that is for a package, and the place by which it is."""

    rule: "Rule"
    place: str


class Condition(NamedTuple):
    """One thing that a rule asks for, whether it holds, and what the package has of it."""

    text: str
    ok: bool
    got: str

    @property
    def told(self) -> str:
        """What was asked, and if it does not hold, what there is."""
        return self.text if self.ok else f"{self.text}, got {self.got}"


@dataclass(frozen=True)
class Identity:
    """Who may sign with a certificate.

    Attributes:
        identity: a pattern for the name in the certificate: an address, a URI or a host.
        issuer: of a keyless signature, who vouched for the identity, exactly; None for a certificate of one's own PKI.
        root: of a certificate of one's own PKI, the name of the root; None for a keyless signature.
    """

    identity: str
    issuer: str | None = None
    root: str | None = None

    def admits(self, signed: "Signed") -> bool:
        """Return whether a signer is this one."""
        if signed.identity is None or not matches(self.identity, signed.identity):
            return False
        if self.issuer is not None:
            return signed.kind == "keyless" and signed.issuer == self.issuer
        return signed.kind == "certificate" and signed.name == self.root

    def __str__(self) -> str:
        """Return it as messages have it."""
        return f"{self.identity} by {self.issuer or self.root}"


@dataclass(frozen=True)
class Rule:
    """What must hold of the packages that it matches. Patterns are those of `matches`.

    Attributes:
        name: what messages call it.
        references: patterns, of which one must match the place or the digest; empty for any.
        packages: patterns, of which one must match the package's signed name; empty for any.
        grants: `[NODE:]GRANT` words that need no question.
        keys: names or fingerprints of trusted keys that may sign; a name stands for its rotated keys too, while they
            count.
        roots: names of trusted roots, under which any certificate may sign.
        identities: certificates that may sign. Without keys, roots and identities every trusted signer may.
        predicates: types of statements that such a signer must have made, beside the signature.
        builders: patterns, of which one must match the builder that the signed provenance names; empty for any.
        maximum_age: of the signature, by its proven time; None for any, also an unknown one.
    """

    name: str
    references: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    identities: tuple[Identity, ...] = ()
    predicates: tuple[str, ...] = ()
    builders: tuple[str, ...] = ()
    maximum_age: timedelta | None = None

    def covers(self, package: Candidate, place: str | None) -> bool:
        """Return whether it is for this package, from this place or from anywhere."""
        is_meant = any(matches(it, text) for it in self.references for text in (place, package.digest) if text)
        return (is_meant or not self.references) and self.may_cover(package)

    def may_cover(self, package: Candidate) -> bool:
        """Return whether it is for this package from some place."""
        return _any(self.packages, package.name)

    def admits(self, signed: "Signed") -> bool:
        """Return whether this signer may sign what the rule is for."""
        if not signed.trusted:
            return False
        if not (self.keys or self.roots or self.identities):
            return True
        return (
            (signed.kind == "key" and (signed.name in self.keys or signed.fingerprint in self.keys))
            or (signed.kind == "certificate" and signed.name in self.roots)
            or any(identity.admits(signed) for identity in self.identities)
        )


@dataclass(frozen=True)
class Policy:
    """The rules of a policy file.

    Attributes:
        source: the file, for messages; None if there is none.
        rules: in the file's order.
        refuses_others: whether what no rule matches is refused, instead of judged by keyring and mode alone.
    """

    source: str | None = None
    rules: tuple[Rule, ...] = ()
    refuses_others: bool = False

    @classmethod
    def load(cls, path: Path, *, anyones: bool = False) -> Self:
        """Read a policy file that nobody but its owner can change; raises `TrustError` RM516.

        Args:
            path: the file.
            anyones: whether it may be another user's, as a checkout is where a job runs as root.
        """
        return cls.parse(read_policy(path, anyones=anyones), str(path))

    @classmethod
    def parse(cls, data: bytes, source: str) -> Self:
        """Read the bytes of a policy file, at most 256 KiB of TOML; raises `TrustError` RM516."""
        document = parse_policy(data, source)
        rules = [_rule(number, fields) for number, fields in enumerate(document.get("rule", ()), 1)]
        return cls(source, tuple(rules), document.get("others", "mode") == "refuse")

    def rule_for(self, package: Candidate) -> Rule | None:
        """Return the rule that decides about a package; None leaves it to keyring and mode.

        Raises:
            TrustError: RM517, no rule is for it, and the policy refuses such; RM522, as `match`.
        """
        found = self.match(package)
        if found is None and self.refuses_others:
            named = package.place or package.digest
            raise TrustError(
                f"expected a rule of the policy `{self.source}` for `{named}` (`{package.name}`), none matches",
                code="RM517",
                hint=f"the policy refuses what no rule matches; `remotemedia policy test {named}` shows the rules",
                policy=self.source,
            )
        return found.rule if found is not None else None

    def match(self, package: Candidate) -> Match | None:
        """Find the first rule for the place that was named; if there is none, for where it is known to be from.

        A package is its digest, and therefore the one that was fetched before, wherever it lies now. Places that lead
        to several rules leave it open which is meant: who fetched it from where must not choose the rule.

        Raises:
            TrustError: RM522, it cannot be told which rule is for the package.
        """
        found = self._first(package, package.place) if package.place is not None else None
        if found is not None or not self.rules:
            return found
        places = package.known_places()
        if not places and package.place is None:
            return self._from_anywhere(package)
        known = [match for place in places if (match := self._first(package, place)) is not None]
        if len({match.rule for match in known}) > 1:
            listed = ", ".join(f"`{it.rule.name}` (`{it.place}`)" for it in known)
            raise _undecidable(package, f"it is known from places of several rules: {listed}")
        return known[0] if known else None

    def _first(self, package: Candidate, place: str) -> Match | None:
        return next((Match(rule, place) for rule in self.rules if rule.covers(package, place)), None)

    def _from_anywhere(self, package: Candidate) -> Match | None:
        """Find the rule for a package of which nobody knows where it is from, if no place could change that."""
        for rule in self.rules:
            if rule.covers(package, None):
                return Match(rule, package.digest)
            if rule.may_cover(package):
                raise _undecidable(package, f"rule `{rule.name}` is by place, and it is not known where it is from")
        return None


def judge(rule: Rule, statements: Sequence[tuple[Statement, "Signed"]], at: datetime) -> tuple[Condition, ...]:
    """Say of each thing that a rule asks for whether it holds.

    Args:
        rule: the one that matches the package.
        statements: about the package, each with who signed it; what a stranger says counts for nothing.
        at: the time of the question, for the signature's age.
    """
    admitted = [(statement, signed) for statement, signed in statements if rule.admits(signed)]
    signatures = [signed for statement, signed in admitted if statement.predicate_type == SIGNATURE_PREDICATE]
    signed_by = (_who(signed) for statement, signed in statements if statement.predicate_type == SIGNATURE_PREDICATE)
    conditions = [Condition(f"it is signed by {_signers(rule)}", bool(signatures), _listed(signed_by, "nobody"))]
    made = {statement.predicate_type for statement, _ in admitted}
    stated = _listed((strict_json.shown(kind) for kind in made), "nothing by them")
    conditions += [Condition(f"one of these signers states `{kind}`", kind in made, stated) for kind in rule.predicates]
    if rule.builders:
        named = [builder_of(it.predicate) or "" for it, _ in admitted if it.predicate_type == PROVENANCE_PREDICATE]
        listed = " or ".join(f"`{it}`" for it in rule.builders)
        built = any(_any(rule.builders, it) for it in named)
        got = _listed(map(strict_json.shown, named), "no provenance by such a signer")
        conditions.append(Condition(f"its provenance names the builder {listed}", built, got))
    if rule.maximum_age is not None:
        young = any(_is_young(signed, rule.maximum_age, at) for signed in signatures)
        got = _listed(map(_when, signatures), "no signature by such a signer")
        text = f"it was signed, by a proven time, at most {_days(rule.maximum_age)} ago"
        conditions.append(Condition(text, young, got))
    return tuple(conditions)


def refuse_unless(conditions: Sequence[Condition], rule: Rule) -> None:
    """Refuse a package for which a rule's conditions do not all hold; raises `TrustError` RM517."""
    failed = [it.told for it in conditions if not it.ok]
    if failed:
        raise TrustError(
            f"expected of the package, by the policy's rule `{rule.name}`: {'; '.join(failed)}; this does not hold",
            code="RM517",
            hint="`remotemedia policy test REF` shows each condition; `docs/reference/policy.md` explains them",
            rule=rule.name,
            conditions=[it._asdict() for it in conditions],
        )


def builder_of(provenance: Mapping[str, Any]) -> str | None:
    """Return `runDetails.builder.id` of a SLSA v1 provenance; None if it names none."""
    details = provenance.get("runDetails")
    builder = details.get("builder") if isinstance(details, dict) else None
    name = builder.get("id") if isinstance(builder, dict) else None
    return name if isinstance(name, str) else None


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern fits the whole text: `*` stands for anything without a `/`, `**` for anything.

    Texts are strangers': the time is in proportion to their length, and one that is longer than any place fits nothing.
    """
    if len(text) > _MAX_TEXT:
        return False
    ends = {0}  # how many characters of the text the pieces so far can stand for
    for piece in _pieces(pattern):
        ends = _ends_of(piece, text, ends)
        if not ends:
            return False
    return len(text) in ends


def _ends_of(piece: str, text: str, starts: set[int]) -> set[int]:
    """Return where stars, or a text without stars, may end that begins at one of `starts`, of which there is one."""
    if not piece.startswith("*"):
        return {start + len(piece) for start in starts if text.startswith(piece, start)}
    if len(piece) > 1:
        return set(range(min(starts), len(text) + 1))
    ends: set[int] = set()
    reached = -1
    for start in sorted(starts):
        if start > reached:
            slash = text.find("/", start)
            reached = slash if slash >= 0 else len(text)
            ends.update(range(start, reached + 1))
    return ends


@lru_cache(maxsize=1024)
def _pieces(pattern: str) -> tuple[str, ...]:
    return tuple(it for it in re.split(r"(\*+)", pattern) if it)


def _any(patterns: Sequence[str], text: str) -> bool:
    return not patterns or any(matches(it, text) for it in patterns)


def _is_young(signed: "Signed", limit: timedelta, at: datetime) -> bool:
    if signed.signed_at is None or not signed.time_proven:
        return False
    return -_CLOCK_SKEW <= at - signed.signed_at <= limit


def _undecidable(package: Candidate, why: str) -> TrustError:
    return TrustError(
        f"expected one rule of the policy for `{package.place or package.digest}`, it cannot be told which: {why}",
        code="RM522",
        hint=f"name the place as well: `oci://HOST/REPO@{package.digest}`; where it was pulled from needs no network",
        digest=package.digest,
    )


def _listed(words: Iterable[str], none: str) -> str:
    """Give the first few of what a package has, in order."""
    return " and ".join(sorted(set(words))[:_MAX_LISTED]) or none


def _who(signed: "Signed") -> str:
    name = (
        strict_json.shown(signed.identity) if signed.identity is not None else f"`{signed.name or signed.fingerprint}`"
    )
    return name if signed.trusted else f"{name} (not trusted)"


def _when(signed: "Signed") -> str:
    if signed.signed_at is None:
        return "no time"
    return f"{signed.signed_at:%Y-%m-%d %H:%M} UTC" + ("" if signed.time_proven else " (not proven)")


def _signers(rule: Rule) -> str:
    listed = [*(f"key `{it}`" for it in rule.keys), *(f"a certificate of `{it}`" for it in rule.roots)]
    listed += [f"`{it}`" for it in rule.identities]
    return " or ".join(listed) or "a trusted signer"


def _days(age: timedelta) -> str:
    hours = int(age.total_seconds()) // 3600
    return f"{hours // 24} d" if hours % 24 == 0 else f"{hours} h"


def _rule(number: int, fields: Mapping[str, Any]) -> Rule:
    return Rule(
        name=fields.get("name", str(number)),
        references=tuple(fields.get("reference", ())),
        packages=tuple(fields.get("package", ())),
        grants=tuple(fields.get("grants", ())),
        keys=tuple(fields.get("keys", ())),
        roots=tuple(fields.get("roots", ())),
        identities=tuple(Identity(**it) for it in fields.get("identities", ())),
        predicates=tuple(fields.get("predicates", ())),
        builders=tuple(fields.get("builder", ())),
        maximum_age=fields.get("maximum_age"),
    )
