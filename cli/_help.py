"""`remotemedia help RM107`: what an error means."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json
from remotemedia.errors import UsageError


def help_(
    code: Annotated[
        str | None, typer.Argument(help="The code of an error, such as RM107; without it, all codes.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Explain the code of an error."""
    from remotemedia.schemas.tables import error_table

    entries = error_table()
    if code is None:
        listed = [asdict(entry) for entry in entries.values()]
        report({"errors": listed}, "\n".join(f"{it.code}  {it.summary}" for it in entries.values()), as_json=as_json)
        return
    entry = entries.get(code.upper())
    if entry is None:
        raise UsageError(
            f"expected the code of an error, got `{code}`", code="RM701", hint="`remotemedia help` lists them"
        )
    text = f"{entry.code}: {entry.summary}\n\n{entry.help}\n\nExit status {entry.exit}."
    report(asdict(entry), text, as_json=as_json)
