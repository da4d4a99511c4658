"""`remotemedia logout`: credentials for a registry are forgotten."""

from __future__ import annotations

import os

from remotemedia.cli._console import report
from remotemedia.cli._host import Host, host_of
from remotemedia.cli._options import Json


def logout(host: Host, *, as_json: Json = False) -> None:
    """Forget the credentials that docker's configuration has for a registry."""
    from remotemedia.registry import erase_login

    host = host_of(host)
    known = erase_login(host, os.environ)
    text = f"logged out of {host}" if known else f"there was no login for {host}"
    report({"host": host, "known": known}, text, as_json=as_json)
