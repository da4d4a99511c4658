"""The policy file: how it is read, which rule matches, and what its conditions ask."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia.errors import TrustError
from remotemedia.trust import (
    PROVENANCE_PREDICATE,
    SBOM_PREDICATE,
    SIGNATURE_PREDICATE,
    Candidate,
    Policy,
    Rule,
    Statement,
    judge,
)
from remotemedia.trust._policy import matches, refuse_unless
from remotemedia.trust._verdict import Signed

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DIGEST = f"sha256:{'0' * 64}"


def policy(text: str) -> Policy:
    return Policy.parse(text.encode(), "policy.toml")


def rule(text: str) -> Rule:
    return policy(f'[[rule]]\nreference = "**"\n{text}').rules[0]


def by(**fields: Any) -> Signed:
    """A signer that is trusted, by default the key `release`."""
    given: dict[str, Any] = {
        "kind": "key",
        "name": "release",
        "fingerprint": f"SHA256:{'a' * 64}",
        "identity": None,
        "issuer": None,
        "signed_at": None,
        "time_proven": False,
        "trusted": True,
    }
    return Signed(**(given | fields))


def signature(**fields: Any) -> tuple[Statement, Signed]:
    return Statement((DIGEST,), SIGNATURE_PREDICATE, {}), by(**fields)


def provenance(builder: object, **fields: Any) -> tuple[Statement, Signed]:
    return Statement((DIGEST,), PROVENANCE_PREDICATE, {"runDetails": {"builder": {"id": builder}}}), by(**fields)


def holds(asked: Rule, *statements: tuple[Statement, Signed]) -> bool:
    return all(condition.ok for condition in judge(asked, statements, NOW))


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("oci://host/team/*", "oci://host/team/speech:1.0", True),
        ("oci://host/team/*", "oci://host/team/sub/speech:1.0", False),
        ("oci://host/team/**", "oci://host/team/sub/speech:1.0", True),
        ("oci://host/**", "oci://host.evil.example/team/speech", False),
        ("speech", "speech", True),
        ("speech", "speech2", False),
        ("speech*", "speech2", True),
        ("a.c", "abc", False),
        ("**", "any\nthing/at all", True),
    ],
)
def test_a_pattern_fits_the_whole_text(pattern: str, text: str, *, fits: bool) -> None:
    assert matches(pattern, text) is fits


@given(st.text(max_size=20))
def test_a_pattern_without_stars_fits_itself_alone(text: str) -> None:
    plain = text.replace("*", "x")
    assert matches(plain, plain)
    assert not matches(plain, plain + "x")


@given(st.text("ab/*", max_size=8), st.text("ab/", max_size=12))
def test_stars_mean_what_they_mean_in_regular_expressions(pattern: str, text: str) -> None:
    stars = {"*": "[^/]*"}
    written = "".join(stars.get(it, ".*") if it.startswith("*") else it for it in re.findall(r"\*+|[^*]+", pattern))
    assert matches(pattern, text) is (re.fullmatch(written, text) is not None)


@pytest.mark.parametrize("pattern", ["*-voice-*-*", "**-**-**-**-**-**x", "*a*a*a*a*a*b"])
def test_a_long_text_of_a_stranger_is_matched_at_once(pattern: str) -> None:
    """A pattern of k stars, tried in every way, would take the k-th power of the text's length: years."""
    assert not matches(pattern, "-voice-" * 1100 + "a" * 400 + "/")
    assert not matches("**", "a" * 8193)


def test_the_first_rule_that_matches_decides() -> None:
    read = policy(
        """
        [[rule]]
        name = "speech"
        reference = ["oci://a/**", "oci://b/**"]
        package = "speech-*"
        [[rule]]
        name = "rest"
        reference = "oci://a/**"
        """
    )
    names = [
        found.name if (found := read.rule_for(Candidate(DIGEST, package, place))) else None
        for place, package in [
            ("oci://a/x:1", "speech-en"),
            ("oci://b/x:1", "speech-en"),
            ("oci://a/x:1", "music"),
            ("oci://b/x:1", "music"),
        ]
    ]
    assert names == ["speech", "speech", "rest", None]


def test_what_no_rule_matches_is_refused_where_the_policy_says_so() -> None:
    with pytest.raises(TrustError, match="none matches") as caught:
        policy('others = "refuse"').rule_for(Candidate(DIGEST, "music", "oci://a/x:1"))
    assert caught.value.code == "RM517"
    assert policy('others = "mode"').rule_for(Candidate(DIGEST, "music", "oci://a/x:1")) is None


BY_PLACE = f"""
[[rule]]
name = "release"
reference = "oci://prod/**"
[[rule]]
name = "this one"
reference = "sha256:{"1" * 64}"
[[rule]]
name = "lab"
reference = "oci://lab/**"
package = "speech"
[[rule]]
name = "music"
package = "music"
"""


def decided(place: str | None, *known: str, name: str = "speech", digest: str = DIGEST) -> str | None:
    found = policy(BY_PLACE).rule_for(Candidate(digest, name, place, lambda: known))
    return found.name if found is not None else None


def test_a_digest_stands_for_the_places_that_it_was_fetched_from() -> None:
    assert decided(None, "oci://prod/speech:1") == "release"
    assert decided(None, "oci://other/speech:1", "oci://prod/speech:1") == "release"
    assert decided(None, "oci://other/speech:1") is None
    assert decided(None, "oci://lab/x:1", "oci://lab/y:2") == "lab"
    assert decided(None, "oci://prod/x:1", name="music") == "release"
    assert decided(None, "oci://other/x:1", name="music") == "music"


def test_a_place_without_a_rule_gives_way_to_where_the_same_package_is_known_from() -> None:
    assert decided("/home/ann/speech.rmpkg", "oci://prod/speech:1") == "release"
    assert decided("oci://mirror/speech:1", "oci://prod/speech:1") == "release"
    assert decided("/home/ann/speech.rmpkg") is None
    assert decided("oci://lab/speech:1", "oci://prod/speech:1") == "lab"  # the place that was named has one


def test_a_rule_may_name_one_package_wherever_it_is() -> None:
    this = f"sha256:{'1' * 64}"
    assert decided("/home/ann/speech.rmpkg", digest=this) == "this one"
    assert decided("oci://lab/speech:1", digest=this) == "this one"
    assert decided("oci://prod/speech:1", digest=this) == "release"


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (("oci://prod/speech:1", "oci://lab/speech:1"), "`release` (`oci://prod/speech:1`), `lab`"),
        ((), "rule `release` is by place"),
    ],
)
def test_nobody_chooses_a_rule_by_having_a_package_fetched_from_elsewhere(known: tuple[str, ...], said: str) -> None:
    with pytest.raises(TrustError) as caught:
        decided(None, *known)
    assert caught.value.code == "RM522"
    assert said in caught.value.message
    assert f"oci://HOST/REPO@{DIGEST}" in (caught.value.hint or "")


def test_a_digest_that_is_known_from_nowhere_needs_no_place_where_none_matters() -> None:
    def of(text: str) -> Rule | None:
        return policy(text).rule_for(Candidate(DIGEST, "speech"))

    assert of('[[rule]]\nname = "a"\nreference = "**"') is not None
    assert of('[[rule]]\nreference = "oci://a/**"\npackage = "music"') is None
    assert of('[[rule]]\npackage = "speech"\n[[rule]]\nreference = "oci://a/**"') is not None
    assert of("") is None


def test_a_rule_without_signers_takes_any_trusted_one_and_no_stranger() -> None:
    assert holds(rule(""), signature())
    assert holds(rule(""), signature(trusted=False), signature())
    assert not holds(rule(""), signature(trusted=False))
    assert not holds(rule(""))
    assert not holds(rule(""), provenance("b"))


@pytest.mark.parametrize(
    ("signers", "who", "admitted"),
    [
        ('keys = ["release"]', {}, True),
        ('keys = ["other"]', {}, False),
        (f'keys = ["SHA256:{"a" * 64}"]', {}, True),
        ('keys = ["release"]', {"trusted": False}, False),
        ('keys = ["release"]', {"kind": "certificate"}, False),
        ('roots = ["corp"]', {"kind": "certificate", "name": "corp", "identity": "ann@corp.example"}, True),
        ('roots = ["corp"]', {"kind": "certificate", "name": "other", "identity": "ann@corp.example"}, False),
        ('roots = ["release"]', {}, False),
        (
            'identities = [{identity = "ann@*", root = "corp"}]',
            {"kind": "certificate", "name": "corp", "identity": "ann@corp.example"},
            True,
        ),
        (
            'identities = [{identity = "ann@*", root = "corp"}]',
            {"kind": "certificate", "name": "corp", "identity": "bob@corp.example"},
            False,
        ),
        (
            'identities = [{identity = "ann@*", issuer = "https://corp"}]',
            {"kind": "certificate", "name": "corp", "identity": "ann@corp.example", "issuer": "https://corp"},
            False,
        ),
        (
            'identities = [{identity = "https://forge/team/**", issuer = "https://forge"}]',
            {"kind": "keyless", "identity": "https://forge/team/x/ci.yml@main", "issuer": "https://forge"},
            True,
        ),
        (
            'identities = [{identity = "https://forge/team/**", issuer = "https://forge"}]',
            {"kind": "keyless", "identity": "https://forge/team/x/ci.yml@main", "issuer": "https://forge.evil"},
            False,
        ),
        ('keys = ["other"]\nroots = ["corp"]', {"kind": "certificate", "name": "corp"}, True),
    ],
)
def test_signers_are_those_that_the_rule_names(signers: str, who: dict[str, Any], *, admitted: bool) -> None:
    assert holds(rule(signers), signature(**who)) is admitted


def test_further_statements_count_if_an_admitted_signer_made_them() -> None:
    asked = rule('keys = ["release"]\npredicates = ["provenance"]')
    assert not holds(asked, signature())
    assert not holds(asked, signature(), provenance("b", name="other"))
    assert holds(asked, signature(), provenance("b"))
    assert rule('predicates = ["sbom", "https://example.org/x"]').predicates == (
        SBOM_PREDICATE,
        "https://example.org/x",
    )


@pytest.mark.parametrize(("builder", "ok"), [("https://ci/x@v1", True), ("https://ci/y", False), (3, False)])
def test_the_builder_is_that_of_the_signed_provenance(builder: object, *, ok: bool) -> None:
    asked = rule('builder = "https://ci/x@*"')
    assert holds(asked, signature(), provenance(builder)) is ok
    assert not holds(asked, signature(), provenance(builder, trusted=False))


@pytest.mark.parametrize(
    ("ago", "proven", "ok"),
    [
        (timedelta(days=29), True, True),
        (timedelta(days=31), True, False),
        (timedelta(days=1), False, False),
        (timedelta(days=-1), True, False),
        (None, False, False),
    ],
)
def test_age_is_that_of_a_proven_time(ago: timedelta | None, *, proven: bool, ok: bool) -> None:
    signed_at = NOW - ago if ago is not None else None
    assert holds(rule('maximum_age = "30d"'), signature(signed_at=signed_at, time_proven=proven)) is ok


def test_a_refusal_says_what_does_not_hold() -> None:
    asked = rule('name = "team"\nkeys = ["other"]\nbuilder = "ci"')
    with pytest.raises(TrustError) as caught:
        refuse_unless(judge(asked, [signature()], NOW), asked)
    assert caught.value.code == "RM517"
    assert caught.value.message == (
        "expected of the package, by the policy's rule `team`: it is signed by key `other`, got `release`; "
        "its provenance names the builder `ci`, got no provenance by such a signer; "
        "this does not hold"
    )
    conditions = caught.value.details["conditions"]
    assert isinstance(conditions, list)
    assert [it["ok"] for it in conditions] == [False, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 2", "`version`: expected 1, got 2"),
        ("version = true", "`version`: expected 1, got True"),
        ('other = "refuse"', "got `other`; did you mean `others`?"),
        ('[[rule]]\nreferences = "x"', "rule 1: expected one of `name`, `reference`"),
        ('[[rule]]\nreference = "x"\nkey = ["a"]', "got `key`; did you mean `keys`?"),
        ('[[rule]]\nname = "n"\nreference = "x"\nkeys = "a"', "rule n: `keys`: expected a list"),
        ('[[rule]]\nreference = "x"\nkeys = []', "`keys`: expected a list of 1 to 100"),
        ('[[rule]]\nkeys = ["a"]', "rule 1: expected `reference` or `package`"),
        ('[[rule]]\nreference = "x"\nmaximum_age = "30 days"', "such as `36h`, `30d` or `8w`, got '30 days'"),
        ('[[rule]]\nreference = "x"\nidentities = [{identity = "a"}]', "either `issuer` (keyless) or `root`"),
        ('[[rule]]\nreference = "x"\nidentities = [{identity = "a", issuer = "b", root = "c"}]', "either `issuer`"),
        ('[[rule]]\nreference = "x"\nidentities = [{identity = "a", isuer = "b"}]', "did you mean `issuer`?"),
        ('[[rule]]\nreference = "x"\npredicates = ["provenence"]', "`provenance`, `sbom` or the URI"),
        ('[[rule]]\nreference = "*a*a*a*a*a*a*a*"', "at most 6 stars"),
        ('[[rule]]\nreference = ""', "1 to 1000 printable characters"),
        ("rule = 3", "`rule`: expected at most 1000 tables"),
        ("rule = [", "Invalid value"),
        ("x = " + "[" * 5000, ""),
    ],
)
def test_a_policy_is_refused_by_name_of_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(TrustError) as caught:
        policy(text)
    assert caught.value.code == "RM516"
    assert said in caught.value.message


def test_a_policy_is_bounded() -> None:
    with pytest.raises(TrustError, match="at most 262144 bytes"):
        policy("#" * (256 << 10) + "#")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_policy_or_refused(data: bytes) -> None:
    with suppress(TrustError):  # whatever else is raised fails the test
        Policy.parse(data, "policy.toml")


def test_a_policy_that_others_can_change_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("version = 1\n")
    path.chmod(0o644)
    assert Policy.load(path).rules == ()
    path.chmod(0o664)
    with pytest.raises(TrustError) as caught:
        Policy.load(path)
    assert (caught.value.code, caught.value.hint) == ("RM516", f"chmod go-w {path}")
    with pytest.raises(TrustError, match="cannot be read: No such file") as caught:
        Policy.load(tmp_path / "none.toml")
    assert (caught.value.code, caught.value.details["path"]) == ("RM516", str(tmp_path / "none.toml"))
    path.chmod(0o600)
    path.write_bytes(b"#" * ((256 << 10) + 1))
    with pytest.raises(TrustError, match="at most 262144 bytes"):
        Policy.load(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_policy_that_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("version = 1\n")
    path.chmod(0o600)
    os.chown(path, 1234, 0)
    with pytest.raises(TrustError, match="got the user 1234") as caught:
        Policy.load(path)
    assert caught.value.code == "RM516"
    assert Policy.load(path, anyones=True).rules == ()  # who names it with `--policy` trusts it
