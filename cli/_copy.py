"""`remotemedia copy`: a package goes from one place to another."""

from __future__ import annotations

from typing import Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._progress import transfer


@with_network
def copy(
    source: Annotated[str, typer.Argument(help="A reference, a .rmpkg file, or sha256:… of the cache.")],
    target: Annotated[str, typer.Argument(help="oci://HOST/REPO[:TAG], oci-layout:PATH[:TAG], or a .rmpkg file.")],
    *,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Copy a package with its signatures; every byte is checked, but not who signed it: that is for who runs it."""
    from remotemedia.runtime._transfer import copy_package

    with transfer("copying") as progress:
        place, descriptor = copy_package(source, target, network=network.network(), progress=progress)
    fields = {"source": source, "reference": str(place), "digest": descriptor.digest}
    report(fields, f"copied {source} to {place}\n{descriptor.digest}", as_json=as_json)
