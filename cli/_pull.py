"""`remotemedia pull`: a package comes from a registry, is verified and kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._policy import PolicyFile
from remotemedia.cli._progress import transfer
from remotemedia.cli._signature import signature_line, warn_of_signers

if TYPE_CHECKING:
    from remotemedia.runtime.resolve import ResolvedPackage


@with_network
def pull(
    reference: Annotated[str, typer.Argument(help="oci://HOST/REPO[:TAG][@DIGEST] or oci-layout:PATH[:TAG].")],
    *,
    policy: PolicyFile = None,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Fetch a package, and those that its nodes are, unless the newest are here; signatures are verified first."""
    from remotemedia.registry import Scheme
    from remotemedia.runtime._trust import Trust
    from remotemedia.runtime.resolve import PullPolicy, Resolver

    resolver = Resolver(os.environ, network.network(), trust=Trust.of(os.environ, policy=policy))
    with transfer("pulling") as progress:
        found, nested = resolver.resolve_all(reference, pull=PullPolicy.ALWAYS, progress=progress)
    warn_of_signers(found, nested)
    packages = [_nested(name, it.package) for name, it in nested.items()]
    fields = {
        "reference": reference,
        "digest": found.digest,
        "path": str(found.path),
        "status": found.verdict.status,
        "packages": packages,
    }
    # A layout or a file is on this machine: it is verified, and stays where it is.
    done = f"pulled {reference}" if found.reference.scheme is Scheme.REGISTRY else f"{reference} is here already"
    lines = [done, found.digest, signature_line(found.verdict)]
    lines += [f"  {it['node']}  {it['reference']}  {it['digest']}  {it['status']}" for it in packages]
    report(fields, "\n".join(lines), as_json=as_json)


def _nested(name: str, package: ResolvedPackage) -> dict[str, str]:
    status = package.verdict.status
    return {"node": name, "reference": str(package.reference), "digest": package.digest, "status": status}
