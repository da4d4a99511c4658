"""Options of the program itself."""

from __future__ import annotations

from typing import Annotated

import typer


def _show(asked: bool) -> None:  # noqa: FBT001 - typer's callback
    if asked:
        from importlib.metadata import version

        typer.echo(f"remotemedia {version('remotemedia')}")
        raise typer.Exit


def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Build, push, pull and run media and AI pipelines written as ordinary Python."""
    del version
