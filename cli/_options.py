"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Offline = Annotated[bool, typer.Option("--offline", help="Open no socket.")]
PlainHttp = Annotated[
    bool, typer.Option("--plain-http", help="Speak http with a registry that is not on this machine.")
]
