"""Options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Mirrors = Annotated[
    list[str] | None,
    typer.Option("--mirror", metavar="HOST=MIRROR[/PREFIX]", help="Ask this one where HOST cannot be reached."),
]


@dataclass(frozen=True)
class NetworkOptions:
    """What a user said of the network, the same way for every command.

    Attributes:
        offline: open no socket.
        plain_http: speak http with registries that are not on this machine.
        ca_file: PEM file of the authorities that registries are trusted by.
        client_cert: PEM file of the certificate that is shown to registries.
        client_key: PEM file of its key, unless that is in the same file.
    """

    offline: bool
    plain_http: bool
    ca_file: Path | None
    client_cert: Path | None
    client_key: Path | None

    def network(self, mirrors: list[str] | None = None) -> Network:
        """What registries are reached through.

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
            mirrors=parse_mirrors(mirrors or ()),
            environ=os.environ,
        )


_NETWORK: Final[dict[str, tuple[Any, Any]]] = {
    "offline": (Annotated[bool, typer.Option("--offline", help="Open no socket.")], False),
    "plain_http": (
        Annotated[bool, typer.Option("--plain-http", help="Speak http with a registry that is not on this machine.")],
        False,
    ),
    "ca_file": (
        Annotated[Path | None, typer.Option("--ca-file", help="PEM file of the authorities to trust a registry by.")],
        None,
    ),
    "client_cert": (
        Annotated[Path | None, typer.Option("--client-cert", help="PEM file of the certificate to show a registry.")],
        None,
    ),
    "client_key": (
        Annotated[Path | None, typer.Option("--client-key", help="PEM file of its key, if it is not in the same one.")],
        None,
    ),
}


def with_network(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of the network in the place of its parameter `network: NetworkOptions`.

    typer reads a command's options from its signature, so this is a new one: no command can have some of them only.
    """
    parameters = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        if parameter.name == "network":
            parameters += [
                parameter.replace(name=name, annotation=annotation, default=default)
                for name, (annotation, default) in _NETWORK.items()
            ]
        else:
            parameters.append(parameter)

    @wraps(command)
    def run(**given: Any) -> None:
        options = NetworkOptions(**{name: given.pop(name) for name in _NETWORK})
        command(**given, network=options)

    run.__annotations__ = {it.name: it.annotation for it in parameters}
    vars(run)["__signature__"] = inspect.Signature(parameters)
    return run
