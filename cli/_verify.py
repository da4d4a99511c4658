"""`remotemedia verify`: who signed a package, when and how, check by check."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from remotemedia.cli._ahead import check_content
from remotemedia.cli._console import report, say
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._policy import PolicyFile
from remotemedia.cli._progress import transfer
from remotemedia.cli._signature import signature_line, signer_fields, signer_lines, statements_from


@with_network
def verify(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    key: Annotated[
        Path | None,
        typer.Option("--key", help="A public key: it must have signed, and no other counts.", metavar="FILE"),
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
    from remotemedia.runtime.resolve import PullPolicy, Resolver

    if key is not None and policy is not None:
        raise UsageError("expected `--key` or `--policy`, got both", code="RM701")
    trust = Trust.of(os.environ, policy=policy).in_production()
    if key is not None:
        trust = trust.only(key)
    resolver = Resolver(os.environ, network.network(), trust=trust)
    pull = PullPolicy.NEVER if network.offline else PullPolicy.ALWAYS
    try:
        with transfer("pulling") as progress:
            found = resolver.resolve(package, pull=pull, progress=progress)
    except TrustError as error:
        if not as_json and (checks := error.details.get("checks")):
            say("\n".join(_lines(cast("list[dict[str, Any]]", checks))))
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
    lines = [*_lines(checks), "  ok  every file matches its digest", *(f"  {it}" for it in signer_lines(verdict))]
    report(fields, "\n".join([found.digest, *lines, f"  {where}", signature_line(verdict)]), as_json=as_json)


def _lines(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each check: whether it holds, its number, and what it asks."""
    return [f"  {'ok ' if it['ok'] else 'no '} {it['number']}. {it['text']}" for it in checks]
