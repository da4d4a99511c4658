"""`remotemedia policy`: what the user's policy says, and what it says of one package."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._signature import plain

if TYPE_CHECKING:
    from remotemedia.trust import KeyEntry, Policy, Rule

app = typer.Typer(help="Which packages may run here, by whom, and with what.", no_args_is_help=True)

_REFUSED: Final = 3

PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="A policy file; by default policy.toml of the home directory.")
]


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A policy file; by default the home directory's.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Check a policy file; exit with 1 if it cannot be used."""
    from remotemedia.runtime._trust import load_policy
    from remotemedia.runtime.home import home_directory
    from remotemedia.trust import KeyStore

    home = home_directory(os.environ)
    policy = load_policy(home, file)
    none = f"there is no policy.toml in `{home}`: keyring and mode decide" if policy.source is None else None
    unknown = _unknown(policy, KeyStore(home).list())
    fields = {
        "policy": policy.source,
        "others": "refuse" if policy.refuses_others else "mode",
        "rules": [it.name for it in policy.rules],
        "warnings": unknown,
    }
    count = len(policy.rules)
    said = [f"{policy.source}: {count} rule{'' if count == 1 else 's'}, all else "]
    said[0] += "is refused" if policy.refuses_others else "is judged by keyring and mode"
    report(fields, none or "\n".join([*said, *(f"  warning: {it}" for it in unknown)]), as_json=as_json)


@app.command("test")
@with_network
def explain(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    policy: PolicyFile = None,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Say which rule matches a package, what each of its conditions gives, and what it grants."""
    from datetime import UTC, datetime

    from remotemedia.runtime._trust import Trust
    from remotemedia.runtime.resolve import Resolver
    from remotemedia.trust import judge

    trust = Trust.of(os.environ, policy=policy)
    with TemporaryDirectory(prefix="remotemedia-") as directory:
        resolver = Resolver(os.environ, network.network(), trust=trust.undecided())
        found = resolver.look(package, Path(directory))
    candidate = trust.candidate(found.digest, found.place, str(found.config["name"]))
    match = trust.policy.match(candidate)
    rule = match.rule if match else None
    conditions = judge(rule, found.verdict.statements, datetime.now(UTC)) if rule else ()
    fields = {
        "policy": trust.policy.source,
        "place": candidate.place or candidate.digest,
        "package": candidate.name,
        "digest": found.digest,
        "rule": rule.name if rule else None,
        "matched_by": match.place if match else None,
        "passed_over": _passed_over(trust.policy, rule),
        "conditions": [it._asdict() for it in conditions],
        "grants": list(rule.grants) if rule else [],
    }
    report(fields, _text(fields, refuses=trust.policy.refuses_others), as_json=as_json)
    refused = not all(it.ok for it in conditions) if rule else trust.policy.refuses_others
    if refused:
        raise typer.Exit(_REFUSED)


def _text(fields: dict[str, Any], *, refuses: bool) -> str:
    lines = [f"{fields['place']} (`{plain(fields['package'])}`)", f"  {fields['digest']}"]
    lines += [f"  rule `{it}` does not match" for it in fields["passed_over"]]
    if fields["rule"] is None:
        lines.append(f"  no rule matches: {'refused' if refuses else 'keyring and mode decide'}")
        return "\n".join(lines)
    known = f", as it was pulled by {fields['matched_by']}" if fields["matched_by"] != fields["place"] else ""
    lines.append(f"  rule `{fields['rule']}` matches{known}")
    lines += [_line(**it) for it in fields["conditions"]]
    lines += [f"  grants {it}" for it in fields["grants"]]
    lines.append("  admitted" if all(it["ok"] for it in fields["conditions"]) else "  refused")
    return "\n".join(lines)


def _line(text: str, got: str, *, ok: bool) -> str:
    return f"  ok  {text}" if ok else f"  no  {text}; got {got}"


def _passed_over(policy: Policy, rule: Rule | None) -> list[str]:
    names = [it.name for it in policy.rules]
    return names if rule is None else names[: policy.rules.index(rule)]


def _unknown(policy: Policy, entries: tuple[KeyEntry, ...]) -> list[str]:
    """Who is named by the rules and known by nobody: such a rule admits fewer than it seems to."""
    known = {word for it in entries if it.kind == "key" for word in (it.name, it.fingerprint)}
    roots = {it.name for it in entries if it.kind == "authority"}
    found = [
        f"rule `{rule.name}`: there is no key `{it}`" for rule in policy.rules for it in rule.keys if it not in known
    ]
    named = [(rule, root) for rule in policy.rules for root in rule.roots]
    named += [(rule, it.root) for rule in policy.rules for it in rule.identities if it.root is not None]
    return found + [f"rule `{rule.name}`: there is no authority `{it}`" for rule, it in named if it not in roots]
