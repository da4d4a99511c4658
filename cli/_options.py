"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from remotemedia.cli._option_groups import expanding

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


@dataclass(frozen=True)
class NetworkOptions:
    """What a user said of the network, the same way for every command.

    Attributes:
        offline: open no socket.
        plain_http: speak http with registries that are not on this machine.
        ca_file: PEM file of authorities that servers are trusted by, beside the system's.
        client_cert: PEM file of the certificate that is shown to servers that ask for one.
        client_key: PEM file of its key, unless that is in the same file.
        mirrors: `HOST=MIRROR[/PREFIX]`: who is asked where a registry cannot be reached.
    """

    offline: bool
    plain_http: bool
    ca_file: Path | None
    client_cert: Path | None
    client_key: Path | None
    mirrors: list[str] | None

    def network(self) -> Network:
        """What registries, and whoever else is asked, are reached through.

        Raises:
            RemoteMediaError: RM701, a mirror is not written as `HOST=MIRROR`; RM412, the configuration is malformed.
        """
        import os

        from remotemedia.cli._console import show_log
        from remotemedia.runtime.network import Network, parse_mirrors

        show_log()
        return Network(
            offline=self.offline,
            plain_http=self.plain_http,
            ca_file=self.ca_file,
            client_certificate=self.client_cert,
            client_key=self.client_key,
            mirrors=parse_mirrors(self.mirrors or ()),
            environ=os.environ,
        )


_NETWORK: Final[dict[str, tuple[Any, Any]]] = {
    "offline": (Annotated[bool, typer.Option("--offline", help="Open no socket.")], False),
    "plain_http": (
        Annotated[bool, typer.Option("--plain-http", help="Speak http with a registry that is not on this machine.")],
        False,
    ),
    "ca_file": (
        Annotated[
            Path | None,
            typer.Option(
                "--ca-file", help="PEM file of further authorities to trust servers by (REMOTEMEDIA_CA_FILE)."
            ),
        ],
        None,
    ),
    "client_cert": (
        Annotated[
            Path | None,
            typer.Option(
                "--client-cert", help="PEM file of the certificate to show the server (REMOTEMEDIA_CLIENT_CERT)."
            ),
        ],
        None,
    ),
    "client_key": (
        Annotated[
            Path | None,
            typer.Option(
                "--client-key", help="PEM file of its key, if it is not in the same one (REMOTEMEDIA_CLIENT_KEY)."
            ),
        ],
        None,
    ),
    "mirrors": (
        Annotated[
            list[str] | None,
            typer.Option("--mirror", metavar="HOST=MIRROR[/PREFIX]", help="Ask this one where HOST cannot be reached."),
        ],
        None,
    ),
}


with_network = expanding("network", _NETWORK, NetworkOptions, panel="Network")
"""Gives a command the options of the network in the place of its parameter `network: NetworkOptions`."""
