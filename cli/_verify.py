"""`remotemedia verify`: who signed a package, check by check."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json, Offline, PlainHttp
from remotemedia.cli._signature import signature_line


def verify(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    offline: Offline = False,
    plain_http: PlainHttp = False,
    as_json: Json = False,
) -> None:
    """Verify a package: every byte against its digest, and its signature against your keyring."""
    from remotemedia.runtime.network import Network
    from remotemedia.runtime.resolve import Resolver

    found = Resolver(os.environ, Network(offline=offline, plain_http=plain_http)).resolve(package)
    found.check_content()
    verdict = found.verdict
    fields = {
        "digest": found.digest,
        "status": verdict.status,
        "key": verdict.key_name,
        "fingerprint": verdict.fingerprint,
        "provenance": verdict.provenance,
        "checks": [{"number": it.number, "text": it.text, "ok": it.ok} for it in verdict.checks],
    }
    lines = [f"  {'ok ' if it.ok else 'no '} {it.number}. {it.text}" for it in verdict.checks]
    text = "\n".join([found.digest, *lines, "  ok  every file matches its digest", signature_line(verdict)])
    report(fields, text, as_json=as_json)
