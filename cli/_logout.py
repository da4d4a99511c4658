"""`remotemedia logout`: credentials for a registry are forgotten."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json


def logout(
    host: Annotated[str, typer.Argument(help="HOST[:PORT] of the registry.", metavar="HOST")], *, as_json: Json = False
) -> None:
    """Forget the credentials that docker's configuration has for a registry."""
    from remotemedia.registry import Reference, erase_login

    host = Reference.parse(f"oci://{host.removeprefix('https://').rstrip('/')}/any").host
    known = erase_login(host, os.environ)
    text = f"logged out of {host}" if known else f"there was no login for {host}"
    report({"host": host, "known": known}, text, as_json=as_json)
