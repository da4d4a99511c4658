"""Passwords of keys: from standard input, from the environment, or from whoever sits at the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Annotated, Final

import typer

from remotemedia.errors import TrustError

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the key's password from the first line of standard input.")
]

_VARIABLE: Final = "REMOTEMEDIA_KEY_PASSWORD"
_MAX_BYTES: Final = 4096


def password_source(*, stdin: bool, new: bool = False) -> Callable[[], bytes]:
    """Give a function that finds the password, once; it is called only if a key turns out to need one.

    Args:
        stdin: read it from standard input; otherwise from `REMOTEMEDIA_KEY_PASSWORD`, or ask at the terminal.
        new: it is for a new key, so that it is asked for twice.
    """

    @cache
    def password() -> bytes:
        if stdin:
            found = sys.stdin.buffer.readline(_MAX_BYTES + 1).rstrip(b"\r\n")
        elif os.environ.get(_VARIABLE):
            found = os.environb[_VARIABLE.encode()]
        elif sys.stdin.isatty():
            asked = typer.prompt("Password of the key", hide_input=True, err=True, confirmation_prompt=new)
            found = str(asked).encode()
        else:
            found = b""
        if not 0 < len(found) <= _MAX_BYTES:
            raise TrustError(
                f"expected a password of 1 to {_MAX_BYTES} bytes for the key, got {len(found) or 'none'}",
                code="RM506",
                hint=f"give it with `--password-stdin` or `{_VARIABLE}`",
            )
        return found

    return password
