"""Whom this machine trusts, and with what: mode, keyring and policy, asked about one package after the other.

trust = Trust.of(os.environ)
judged = trust.judge(digest, bundles, reference, lambda: config["name"])
judged.verdict.status, judged.rule
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from remotemedia.errors import TrustError, UsageError
from remotemedia.runtime._places import UnfitPatternError, patterns_of, place_of
from remotemedia.runtime.home import home_directory
from remotemedia.trust import (
    Candidate,
    Keyring,
    KeyStore,
    Mode,
    Policy,
    Rule,
    TrustedKey,
    Verdict,
    verify,
)

if TYPE_CHECKING:
    from remotemedia.registry import Reference

__all__ = ["Judged", "Trust", "load_policy"]

_POLICY: Final = "policy.toml"
_OF_GRANTS: Final = "`docs/reference/grants.md` lists the grants; directories are absolute"


class Judged(NamedTuple):
    """What verification found of a package, and the rule of the policy that matched it, if one did."""

    verdict: Verdict
    rule: Rule | None


@dataclass(frozen=True)
class Trust:
    """What one user goes by.

    Attributes:
        mode: what a missing signature means.
        keyring: whose signatures count.
        policy: what must hold of which packages, beyond that.
        by_place: whether what is decided depends on where a package is from, so that a name alone must not say it.
        places: gives where a package, by its digest, was fetched from before.
    """

    mode: Mode
    keyring: Keyring
    policy: Policy
    by_place: bool = False
    places: Callable[[str], Sequence[str]] = field(default=lambda _: (), repr=False)

    @classmethod
    def of(cls, environ: Mapping[str, str], *, policy: Path | None = None) -> Trust:
        """Read the user's keys and policy.

        Args:
            environ: for `REMOTEMEDIA_HOME` and `REMOTEMEDIA_ENV`.
            policy: a file that takes the place of the home directory's `policy.toml`.

        Raises:
            TrustError: RM506, RM516, a key or the policy cannot be used.
        """
        home = home_directory(environ)
        found = load_policy(home, policy)
        by_place = any(rule.references for rule in found.rules)
        places = partial(_cached_places, home)
        return cls(Mode.detect(environ), KeyStore(home).keyring(), found, by_place, places)

    def only(self, keys: Sequence[TrustedKey]) -> Trust:
        """Return the trust in these keys: a package that none of them signed is refused, whatever a policy says.

        Who is trusted to prove times stays so.
        """
        keyring = Keyring(keys, tsa_roots=self.keyring.tsa_roots, crls=self.keyring.crls)
        return Trust(Mode.PRODUCTION, keyring, Policy())

    def in_production(self) -> Trust:
        """Return the same, refusing what production refuses wherever this is: for an answer that others rely on."""
        return replace(self, mode=Mode.PRODUCTION)

    def undecided(self) -> Trust:
        """Return the same keyring, refusing only what is wrong: for looking at a package before deciding about it."""
        return replace(self, mode=Mode.DEVELOPMENT, policy=Policy())

    def judge(self, digest: str, bundles: Sequence[bytes], reference: Reference, name: Callable[[], str]) -> Judged:
        """Verify a package's signatures, and ask the policy.

        Args:
            digest: of its OCI manifest.
            bundles: what refers to it.
            reference: where it is from; its digest alone, if that is all that is known.
            name: gives its name, from the configuration that the digest covers; asked only if the policy needs it.

        Raises:
            TrustError: RM50x, RM51x: it is not authentic, or not what the policy asks for; RM522: it cannot be told
                what that is.
        """
        rule = self.policy.rule_for(self.candidate(digest, reference, name())) if self._has_rules else None
        return Judged(verify(digest, bundles, self.keyring, self.mode, rule=rule), rule)

    def candidate(self, digest: str, reference: Reference, name: str) -> Candidate:
        """Return what the policy is asked about; arguments as of `judge`."""
        return Candidate(digest, name, place_of(reference), partial(self.places, digest))

    @property
    def _has_rules(self) -> bool:
        return bool(self.policy.rules) or self.policy.refuses_others


def load_policy(home: Path, path: Path | None = None) -> Policy:
    """Read a policy, by default that of the home directory, where there need not be one.

    Raises:
        TrustError: RM516, it cannot be used, also because a grant in it is none, or a rule is for no place.
    """
    file = path or home / _POLICY
    if path is None and not file.exists():
        return Policy()
    policy = Policy.load(file, anyones=path is not None)
    for rule in policy.rules:
        _check_grants(rule, str(file))
    rules = (replace(rule, references=_patterns(rule, str(file))) for rule in policy.rules)
    return replace(policy, rules=tuple(rules))


def _cached_places(home: Path, digest: str) -> Sequence[str]:
    from remotemedia.registry import Cache  # noqa: PLC0415 - few have a policy

    return Cache(home).places(digest)


def _patterns(rule: Rule, source: str) -> tuple[str, ...]:
    try:
        return patterns_of(rule.references)
    except UnfitPatternError as error:
        raise _unusable(rule, source, f"`reference`: {error}", error.hint) from error


def _check_grants(rule: Rule, source: str) -> None:
    """Take grants in one spelling only: a relative directory would be another one wherever a command is run."""
    from remotemedia.runtime._grants import Grants  # noqa: PLC0415 - few have a policy

    for word in rule.grants:
        try:
            (written,) = Grants.parse([word]).words()
        except UsageError as error:
            raise _unusable(rule, source, f"`grants`: {error.message}", _OF_GRANTS) from error
        if written != word:
            raise _unusable(rule, source, f"`grants`: expected the grant `{written}`, got `{word}`", _OF_GRANTS)


def _unusable(rule: Rule, source: str, why: str, hint: str) -> TrustError:
    return TrustError(
        f"expected a policy in `{source}`, it cannot be used: rule {rule.name}: {why}",
        code="RM516",
        hint=hint,
        path=source,
    )
