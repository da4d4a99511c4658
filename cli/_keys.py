"""`remotemedia keys`: the user's own keys, and whom else they trust."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from remotemedia.cli._console import report, say
from remotemedia.cli._options import Json
from remotemedia.cli._password import PasswordStdin, password_source

if TYPE_CHECKING:
    from remotemedia.trust import KeyEntry, KeyStore

app = typer.Typer(help="Your own keys, and those of others that you trust.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The key's name.")]
KeyKind = Annotated[str | None, typer.Option("--type", help="Of the key.", metavar="p256|ed25519")]
Encrypt = Annotated[bool, typer.Option("--encrypt", help="Protect the private key by a password.")]
GivenName = Annotated[str | None, typer.Option(help="What to call it; by default the file's name.")]
_DEFAULT = "default"

# What a file may hold of which packages are to be trusted, and the options that say more about it.
_SIGSTORE, _AUTHORITY, _REVOCATIONS, _KEY = "a Sigstore root", "an authority", "a revocation list", "a public key"
_NARROWING: Final = {
    _SIGSTORE: {"--identity", "--issuer"},
    _AUTHORITY: {"--timestamping", "--identity"},
    _REVOCATIONS: set[str](),
    _KEY: set[str](),
}


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the keys, authorities, identities and revocation lists."""
    entries = _store().list()
    fields = [_fields(it) for it in entries]
    lines = [_line(it) for it in entries]
    report({"keys": fields}, "\n".join(lines) or "no keys yet; `remotemedia build` makes yours", as_json=as_json)


@app.command()
def generate(
    name: Name = _DEFAULT,
    *,
    kind: KeyKind = None,
    encrypt: Encrypt = False,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Make a key of your own."""
    password = password_source(stdin=password_stdin, new=True)() if encrypt or password_stdin else None
    key = _store().generate(name, _kind(kind) or "p256", password)
    report({"name": name, "fingerprint": key.public.fingerprint}, key.public.fingerprint, as_json=as_json)


@app.command()
def trust(
    file: Annotated[
        Path, typer.Argument(help="A public key, an authority's certificates, its revocation list, or a Sigstore root.")
    ],
    *,
    name: GivenName = None,
    timestamping: Annotated[
        bool, typer.Option("--timestamping", help="The certificates are those of a timestamp authority.")
    ] = False,
    identity: Annotated[
        list[str] | None, typer.Option(help="Only who has this name in the certificate; may be repeated.")
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(help="With a Sigstore root: URL of the OpenID provider that vouches for --identity.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Trust the packages that a key, or those whom an authority certifies, have signed."""
    from remotemedia.errors import UsageError
    from remotemedia.trust import read_key_file

    data, named, store = read_key_file(file), name or file.stem, _store()
    what = _what(data, file)
    given = {"--timestamping": timestamping, "--identity": bool(identity), "--issuer": issuer is not None}
    for option in (option for option, is_given in given.items() if is_given and option not in _NARROWING[what]):
        raise UsageError(f"expected no `{option}` with {what}, which nothing narrows that way", code="RM701")
    if what == _SIGSTORE:
        if issuer is None or not identity:
            raise UsageError("expected `--identity` and `--issuer` with the root of a Sigstore instance", code="RM701")
        store.trust_keyless(named, identities=identity, issuer=issuer, trusted_root=data)
    elif what == _AUTHORITY:
        if timestamping and identity:
            raise UsageError(
                "expected no `--identity` with `--timestamping`: an authority of timestamps vouches for times",
                code="RM701",
            )
        store.trust_authority(data, named, timestamping=timestamping, identities=identity or ())
    elif what == _REVOCATIONS:
        store.revoke(data, named)
    else:
        store.trust(data, named)
    entry = next(it for it in store.list() if it.name == named and not it.own)
    report(_fields(entry), f"trusted `{named}` ({entry.fingerprint})", as_json=as_json)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A private key: PKCS #8 in PEM, or a key file of cosign's.")],
    *,
    name: GivenName = None,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Make a private key your own; one that is encrypted stays so, with its password."""
    from remotemedia.trust import is_encrypted, read_key_file

    pem, named = read_key_file(file), name or file.stem
    password = password_source(stdin=password_stdin)
    new = password() if is_encrypted(pem) else None
    key = _store().import_(pem, named, password=password, new_password=new)
    text = f"imported `{named}` ({key.public.fingerprint})"
    report({"name": named, "fingerprint": key.public.fingerprint}, text, as_json=as_json)


@app.command()
def export(
    name: Name = _DEFAULT,
    *,
    public: Annotated[bool, typer.Option("--public", help="The public half, for those who should trust you.")] = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Print a key as PEM: the private key, or with --public what others need to trust you."""
    store, password = _store(), password_source(stdin=password_stdin)
    encrypted = not public and any(it.encrypted for it in store.list() if it.name == name and it.own)
    pem = store.export(name, public=public, password=password, new_password=password() if encrypted else None)
    if not public and not encrypted:
        say("this is the private key, and not encrypted; `--public` prints what others need to trust you")
    typer.echo(pem.decode().rstrip())


@app.command()
def rotate(
    name: Name = _DEFAULT,
    *,
    kind: KeyKind = None,
    grace: Annotated[
        int, typer.Option(min=0, help="Days for which signatures by the old key go on counting without a proven time.")
    ] = 90,
    encrypt: Encrypt = False,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Put a new key in the place of one of your own, whose private half is destroyed."""
    from datetime import UTC, datetime, timedelta

    store, now = _store(), datetime.now(UTC).replace(microsecond=0)
    encrypted = any(it.encrypted for it in store.list() if it.name == name and it.own)
    asked = encrypt or encrypted or password_stdin
    password = password_source(stdin=password_stdin, new=True)() if asked else None
    until = now + timedelta(days=grace)
    key = store.rotate(name, at=now, grace=timedelta(days=grace), kind=_kind(kind), password=password)
    fields = {"name": name, "fingerprint": key.public.fingerprint, "old_until": until.isoformat()}
    end = f"counts until {until:%Y-%m-%d %H:%M} UTC" if grace else "counts only for what is proven to be older"
    report(fields, f"`{name}` is now {key.public.fingerprint}; the old key {end}", as_json=as_json)


@app.command()
def remove(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Destroy a private key of your own without a question.")] = False,
    as_json: Json = False,
) -> None:
    """Forget a key, or whatever else has this name; of a key of your own the private half is destroyed."""
    store = _store()
    if store.has(name) and not yes:
        _expect_yes(name)
    store.remove(name)
    report({"removed": name}, f"removed `{name}`", as_json=as_json)


def _expect_yes(name: str) -> None:
    """Ask whether a private key, which nothing brings back, is to be destroyed; without a terminal it is not."""
    from remotemedia.errors import UsageError

    lost = f"the private key `{name}` would be destroyed, and nothing can be signed by it any more"
    if not sys.stdin.isatty():
        raise UsageError(
            f"expected `--yes`: {lost}",
            code="RM701",
            hint=f"`remotemedia keys export {name}` prints it, to be kept elsewhere; `keys rotate` puts a new one here",
        )
    typer.confirm(f"{lost}; go on?", abort=True, err=True)


def _fields(entry: KeyEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "fingerprint": entry.fingerprint,
        "own": entry.own,
        "kind": entry.kind,
        "until": entry.until.isoformat() if entry.until is not None else None,
        "encrypted": entry.encrypted,
    }


def _line(entry: KeyEntry) -> str:
    kind = "own" if entry.own else "trusted" if entry.kind == "key" else entry.kind
    more = ", encrypted" if entry.encrypted else ""
    if entry.until is not None:
        more += f", {'next due' if entry.kind == 'revocations' else 'until'} {entry.until:%Y-%m-%d}"
    return f"{kind:<19}  {entry.name:<16}  {entry.fingerprint}{more}"


def _kind(text: str | None) -> Any:
    from remotemedia.errors import UsageError

    if text not in {None, "p256", "ed25519"}:
        raise UsageError(f"expected `p256` or `ed25519` for `--type`, got `{text}`", code="RM701")
    return text


def _what(data: bytes, file: Path) -> str:
    if data.lstrip().startswith(b"{"):
        return _SIGSTORE
    if b"-----BEGIN CERTIFICATE-----" in data:
        return _AUTHORITY
    return _REVOCATIONS if b"-----BEGIN X509 CRL-----" in data or file.suffix == ".crl" else _KEY


def _store() -> KeyStore:
    from remotemedia.runtime.home import home_directory
    from remotemedia.trust import KeyStore

    return KeyStore(home_directory(os.environ))
