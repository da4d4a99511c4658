"""`remotemedia login`: credentials for a registry are tried, and kept."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from remotemedia.cli._console import report, warn
from remotemedia.cli._host import Host, host_of
from remotemedia.cli._options import Json, NetworkOptions, with_network


@with_network
def login(
    host: Host,
    *,
    username: Annotated[str | None, typer.Option("--username", "-u", help="By default it is asked for.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password, or a token, from stdin.")
    ] = False,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Log in to a registry; the password is tried, and kept where docker keeps it."""
    from remotemedia.registry import Credentials, store_login

    net = network.network()
    host = host_of(host, net)
    username = username or _asked("user name", hidden=False)
    password = _read_password() if password_stdin else _asked("password", hidden=True)
    credentials = Credentials(username, password)
    if not net.check_login(host, credentials):
        warn(f"`{host}` lets anybody in: the password was not tried")
    place = store_login(host, credentials, os.environ)
    report(
        {"host": host, "username": username, "kept": place}, f"logged in to {host}; kept by {place}", as_json=as_json
    )


def _asked(what: str, *, hidden: bool) -> str:
    from remotemedia.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError(
            f"expected a {what}, got none, and there is no terminal to ask on",
            code="RM701",
            hint="`remotemedia login HOST --username NAME --password-stdin < FILE`",
        )
    return str(typer.prompt(what, hide_input=hidden, err=True))


def _read_password() -> str:
    from remotemedia.errors import UsageError

    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise UsageError("expected a password on stdin, got nothing", code="RM701")
    return password
