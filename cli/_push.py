"""`remotemedia push`: a package goes to a registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._progress import transfer


@with_network
def push(
    reference: Annotated[str, typer.Argument(help="oci://HOST/REPO[:TAG] or oci-layout:PATH[:TAG].")],
    package: Annotated[Path | None, typer.Argument(help="A .rmpkg file; by default the newest one here.")] = None,
    *,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Push a package and its signatures."""
    from remotemedia.runtime._push import check_target, newest_package, push_package

    net = network.network()
    check_target(reference, net)
    path = package or newest_package(Path())
    with transfer("pushing") as progress:
        target, descriptor = push_package(reference, path, network=net, progress=progress)
    fields = {"reference": target.canonical, "digest": descriptor.digest, "package": str(path)}
    report(fields, f"pushed {path.name} to {target.canonical}\n{descriptor.digest}", as_json=as_json)
