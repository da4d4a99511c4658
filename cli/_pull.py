"""`remotemedia pull`: a package comes from a registry, is verified and kept."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from remotemedia.cli._console import report, warn
from remotemedia.cli._options import Json, Offline, PlainHttp
from remotemedia.cli._progress import transfer
from remotemedia.cli._signature import signature_line


def pull(
    reference: Annotated[str, typer.Argument(help="oci://HOST/REPO[:TAG][@DIGEST] or oci-layout:PATH[:TAG].")],
    *,
    offline: Offline = False,
    plain_http: PlainHttp = False,
    as_json: Json = False,
) -> None:
    """Fetch a package into the cache, unless what is there is still the newest; its signature is verified first."""
    from remotemedia.runtime.network import Network
    from remotemedia.runtime.resolve import PullPolicy, Resolver

    resolver = Resolver(os.environ, Network(offline=offline, plain_http=plain_http))
    with transfer("pulling") as progress:
        found = resolver.resolve(reference, pull=PullPolicy.ALWAYS, progress=progress)
    if found.verdict.warning:
        warn(found.verdict.warning)
    fields = {"reference": reference, "digest": found.digest, "path": str(found.path), "status": found.verdict.status}
    report(fields, f"pulled {reference}\n{found.digest}\n{signature_line(found.verdict)}", as_json=as_json)
