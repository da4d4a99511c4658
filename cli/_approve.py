"""`remotemedia approve`: what a package may use is remembered, by its digest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._digests import in_full
from remotemedia.cli._options import Json, NetworkOptions, with_network

if TYPE_CHECKING:
    from remotemedia.runtime._approvals import Approvals
    from remotemedia.runtime.resolve import ResolvedPackage


@with_network
def approve(
    package: Annotated[
        str | None, typer.Argument(help="A .rmpkg file, a reference or a digest.", metavar="FILE|REF")
    ] = None,
    *,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="[NODE:]GRANT; by default all that the package wants.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List what was approved.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Forget what was approved.")] = False,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Grant a package what it wants, for all its runs; another version of it is asked for again."""
    from remotemedia.errors import UsageError
    from remotemedia.runtime._approvals import Approvals
    from remotemedia.runtime.home import home_directory
    from remotemedia.runtime.resolve import Resolver

    approvals = Approvals(home_directory(os.environ))
    if list_:
        _show_all(approvals, as_json=as_json)
        return
    if package is None:
        raise UsageError(
            "expected a package to approve, got none", code="RM701", hint="`--list` shows what was approved"
        )
    approved = [it.digest for it in approvals.all()]
    package = in_full(package, approved)
    if revoke and package in approved:
        _revoke(package, approvals, as_json=as_json)  # what was approved need not be here any more
        return
    found = Resolver(os.environ, network.network()).resolve(package)
    if revoke:
        _revoke(found.digest, approvals, as_json=as_json)
    else:
        _approve(found, tuple(allow or ()), approvals, as_json=as_json)


def _revoke(digest: str, approvals: Approvals, *, as_json: bool) -> None:
    known = approvals.revoke(digest)
    text = "forgotten" if known else "was not approved"
    report({"digest": digest, "revoked": known}, f"{digest}: {text}", as_json=as_json)


def _approve(found: ResolvedPackage, words: tuple[str, ...], approvals: Approvals, *, as_json: bool) -> None:
    from remotemedia.runtime._approvals import Approval
    from remotemedia.runtime._grants import Grants
    from remotemedia.runtime.run import choose, with_programs

    choices = with_programs(choose(found), Grants.parse(words))
    wanted = {f"{it.id}:{grant}": why for it in choices for grant, why in it.wants.items()}
    grants = Grants.parse(words or wanted)
    grants.check_nodes(it.id for it in choices)
    approvals.add(Approval(found.digest, str(found.reference), grants.words()))
    missing = [
        {"node": it.id, "grant": grant, "why": it.wants[grant]}
        for it in choices
        for grant in grants.missing(it.id, it.wants)
    ]
    fields = {"digest": found.digest, "grants": list(grants.words()), "missing": missing}
    lines = [f"  {word}{f'  {wanted[word]}' if word in wanted else ''}" for word in grants.words()]
    lines += [f"  still wants {it['node']}:{it['grant']}  {it['why']}" for it in missing]
    text = "\n".join([f"{found.digest} may use", *(lines or ["  nothing: it wants nothing beyond its sandbox"])])
    report(fields, text, as_json=as_json)


def _show_all(approvals: Approvals, *, as_json: bool) -> None:
    rows = [{"digest": it.digest, "reference": it.reference, "grants": list(it.grants)} for it in approvals.all()]
    lines = [f"{it.digest[:19]}  {it.reference}  {' '.join(it.grants)}" for it in approvals.all()]
    report({"approvals": rows}, "\n".join(lines) or "nothing was approved", as_json=as_json)
