"""`remotemedia sign`: a further signature for a package that is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from remotemedia.cli._console import report, warn
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._password import PasswordStdin, password_source

Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="A key of yours by NAME, a FILE, or exec:COMMAND; may be repeated. Default: your own."),
]
Certificate = Annotated[
    Path | None, typer.Option("--certificate", help="PEM of the certificate over the key, shown in its place.")
]
Keyless = Annotated[
    bool, typer.Option("--keyless", help="Sign as the OpenID identity of this CI job, logged in public (Sigstore).")
]
IdentityToken = Annotated[
    str | None,
    typer.Option("--identity-token", help="The OpenID token to sign keyless with; @FILE reads it.", metavar="TOKEN"),
]
TrustConfig = Annotated[
    Path | None, typer.Option("--trust-config", help="ClientTrustConfig of a private Sigstore instance.")
]
TimestampUrl = Annotated[
    str | None, typer.Option("--timestamp-url", help="Have the signature's time proven by this authority (RFC 3161).")
]


@with_network
def sign(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    keys: Keys = None,
    certificate: Certificate = None,
    keyless: Keyless = False,
    identity_token: IdentityToken = None,
    trust_config: TrustConfig = None,
    timestamp_url: TimestampUrl = None,
    password_stdin: PasswordStdin = False,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Sign a package where it is; signatures that it has stay."""
    from remotemedia.registry import Reference, Scheme
    from remotemedia.runtime._signers import SigningOptions, open_signers
    from remotemedia.runtime._signing import sign_package

    options = SigningOptions(
        keys=tuple(keys or ()),
        certificate=certificate,
        keyless=keyless,
        identity_token=token_of(identity_token),
        trust_config=trust_config,
        timestamp_url=timestamp_url,
    )
    net = network.network()
    password = password_source(stdin=password_stdin)
    signers = open_signers(options, environ=os.environ, network=net, password=password)
    reference = Reference.parse(package)
    if reference.scheme is Scheme.REGISTRY and reference.digest is None:
        warn("a tag may point to another package tomorrow; what it points to now is signed")
    signed = sign_package(package, [it.attest for it in signers], network=net)
    names = [it.name for it in signers]
    fields = {"reference": package, "digest": signed.digest, "signers": names, "added": signed.added}
    said = f"signed by {' and '.join(names)}"
    text = said if signed.added else f"{said} before; nothing is added"
    report(fields, f"{signed.digest}\n{text}", as_json=as_json)


def token_of(word: str | None) -> str | None:
    """Give the token that an option holds, or names a file of: command lines are seen by others."""
    from remotemedia.errors import UsageError

    if word is None or not word.startswith("@"):
        return word
    try:
        return Path(word[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise UsageError(f"expected a token in `{word[1:]}`, it cannot be read: {error}", code="RM701") from error
