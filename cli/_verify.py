"""`remotemedia verify`: who signed a package, when and how, check by check."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, cast

import typer

from remotemedia.cli._ahead import check_content
from remotemedia.cli._console import report, say
from remotemedia.cli._digests import in_full
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._policy import PolicyFile
from remotemedia.cli._progress import transfer
from remotemedia.cli._signature import signature_line, signer_fields, signer_lines, statements_from

_SIGNATURE: Final = "the signature"
_INDENT: Final = " " * 4


@with_network
def verify(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    key: Annotated[
        str | None,
        typer.Option("--key", help="A public key: it must have signed, and no other counts.", metavar="FILE|NAME"),
    ] = None,
    policy: PolicyFile = None,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Verify a package: every byte against its digest, its signatures against your keyring and your policy.

    Unless somebody whom you trust signed it, it is refused (exit status 3), in development too.

    A registry is asked for what its tag points to, and for the signatures, as they are now; with --offline those of the
    last pull are judged.
    """
    from remotemedia.errors import TrustError, UsageError
    from remotemedia.runtime._trust import Trust
    from remotemedia.runtime.home import home_directory
    from remotemedia.runtime.resolve import PullPolicy, Resolver
    from remotemedia.trust import KeyStore, public_keys

    if key is not None and policy is not None:
        raise UsageError("expected `--key` or `--policy`, got both", code="RM701")
    trust = Trust.of(os.environ, policy=policy).in_production()
    if key is not None:
        trust = trust.only(public_keys(key, KeyStore(home_directory(os.environ))))
    resolver = Resolver(os.environ, network.network(), trust=trust)
    pull = PullPolicy.NEVER if network.offline else PullPolicy.ALWAYS
    try:
        with transfer("pulling") as progress:
            found = resolver.resolve(in_full(package), pull=pull, progress=progress)
    except TrustError as error:
        if not as_json and (checks := error.details.get("checks")):
            say("\n".join([str(error.details["digest"]), *_lines(cast("list[dict[str, Any]]", checks))]))
        raise
    source, where = statements_from(found.reference, offline=network.offline)
    check_content(found)
    verdict = found.verdict
    checks = [it._asdict() for it in verdict.checks]
    fields = {
        "digest": found.digest,
        "source": source,
        "status": verdict.status,
        "key": verdict.key_name,
        "fingerprint": verdict.fingerprint,
        "signers": [signer_fields(it) for it in verdict.signers],
        "provenance": verdict.provenance,
        "rule": found.rule.name if found.rule else None,
        "checks": checks,
    }
    lines = [*_lines(checks), f"{_INDENT}ok  every file matches its digest"]
    lines += [f"  {it}" for it in (*signer_lines(verdict), where)]
    report(fields, "\n".join([found.digest, *lines, signature_line(verdict)]), as_json=as_json)


def _lines(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each check: whether it holds, its number, and what it asks; below what it is about.

    The statement that a package is judged by comes first, and what is found of the package itself last.
    """
    parts: list[list[Mapping[str, Any]]] = []
    package: list[Mapping[str, Any]] = []
    for check in checks:
        if not check["about"]:
            package.append(check)
        elif check["number"] == 1 or not parts:
            parts.append([check])
        else:
            parts[-1].append(check)
    parts.sort(key=lambda part: part[0]["about"] != _SIGNATURE)
    return [line for part in (*parts, package) if part for line in _part(part)]


def _part(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [f"{_INDENT}{'ok ' if it['ok'] else 'no '} {it['number']}. {it['text']}" for it in checks]
    return [f"  {checks[0]['about'] or 'the package'}", *lines]
