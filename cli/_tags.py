"""`remotemedia tags`: what a repository has."""

from __future__ import annotations

from typing import Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json, NetworkOptions, with_network


@with_network
def tags(
    reference: Annotated[str, typer.Argument(help="oci://HOST/REPO, oci-layout:PATH or a .rmpkg file.")],
    *,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """List the tags of a repository, one a line."""
    given = network.network()
    found = given.ask(given.parse(reference), lambda source, _: source.tags())
    report({"reference": reference, "tags": list(found)}, "\n".join(found), as_json=as_json)
