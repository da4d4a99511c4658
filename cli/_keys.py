"""`remotemedia keys`: the user's own keys, and those of others that are trusted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json

if TYPE_CHECKING:
    from remotemedia.trust import KeyStore

app = typer.Typer(help="Your own keys, and those of others that you trust.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The key's name.")]
_DEFAULT = "default"


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the keys."""
    entries = _store().list()
    fields = [{"name": it.name, "fingerprint": it.fingerprint, "own": it.own} for it in entries]
    lines = [f"{'own    ' if it.own else 'trusted'}  {it.name:<16}  {it.fingerprint}" for it in entries]
    report({"keys": fields}, "\n".join(lines) or "no keys yet; `remotemedia build` makes yours", as_json=as_json)


@app.command()
def generate(name: Name = _DEFAULT, *, as_json: Json = False) -> None:
    """Make a key of your own."""
    key = _store().generate(name)
    report({"name": name, "fingerprint": key.public.fingerprint}, key.public.fingerprint, as_json=as_json)


@app.command()
def trust(
    file: Annotated[Path, typer.Argument(help="The public key as PEM.")],
    *,
    name: Annotated[str | None, typer.Option(help="What to call it; by default the file's name.")] = None,
    as_json: Json = False,
) -> None:
    """Trust the packages that somebody's key signed."""
    from remotemedia.errors import TrustError

    try:
        pem = file.read_bytes()
    except OSError as exc:
        raise TrustError(f"key `{file}` cannot be read: {exc.strerror}", code="RM506") from exc
    named = name or file.stem
    key = _store().trust(pem, named)
    report({"name": named, "fingerprint": key.fingerprint}, f"trusted `{named}` ({key.fingerprint})", as_json=as_json)


@app.command()
def export(
    name: Name = _DEFAULT,
    *,
    public: Annotated[bool, typer.Option("--public", help="The public half, for those who should trust you.")] = False,
) -> None:
    """Print a key as PEM: the private key, or with --public what others need to trust you."""
    typer.echo(_store().export(name, public=public).decode().rstrip())


@app.command()
def remove(name: Name, *, as_json: Json = False) -> None:
    """Forget a key."""
    _store().remove(name)
    report({"removed": name}, f"removed `{name}`", as_json=as_json)


def _store() -> KeyStore:
    from remotemedia.runtime.home import home_directory
    from remotemedia.trust import KeyStore

    return KeyStore(home_directory(os.environ))
