"""Who signs, and how: the same options for every command that signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypedDict

import typer

from remotemedia.cli._given import read_given
from remotemedia.cli._option_groups import expanding
from remotemedia.cli._password import PasswordStdin, password_source
from remotemedia.errors import UsageError


class Signing(TypedDict):
    """What `SigningOptions` and `PackageOptions` both have, beside the key."""

    certificate: Path | None
    keyless: bool
    identity_token: str | None
    trust_config: Path | None
    timestamp_url: str | None


@dataclass(frozen=True)
class SignerOptions:
    """What a user said of who signs, beside the key.

    Attributes:
        certificate: PEM of the certificate over the key.
        keyless: sign as the OpenID identity of this CI job.
        identity_token: sign keyless as this one: the token, or `@FILE`.
        trust_config: of a private Sigstore instance.
        timestamp_url: of the authority that proves the time.
        password_stdin: read the key's password from standard input.
    """

    certificate: Path | None
    keyless: bool
    identity_token: str | None
    trust_config: Path | None
    timestamp_url: str | None
    password_stdin: bool

    @property
    def signing(self) -> Signing:
        """What the runtime is told.

        Raises:
            UsageError: RM701, the file of the token cannot be used, or there is no key that a password could be for.
        """
        if self.password_stdin and (self.keyless or self.identity_token is not None):
            raise UsageError("expected no `--password-stdin` with a keyless signature, which has no key", code="RM701")
        return {
            "certificate": self.certificate,
            "keyless": self.keyless,
            "identity_token": _token(self.identity_token),
            "trust_config": self.trust_config,
            "timestamp_url": self.timestamp_url,
        }

    @property
    def password(self) -> Callable[[], bytes]:
        """What finds the key's password, if it has one."""
        return password_source(stdin=self.password_stdin)


SIGNING: Final = "Signing"
_SIGNER: Final[dict[str, tuple[Any, Any]]] = {
    "certificate": (
        Annotated[
            Path | None, typer.Option("--certificate", help="PEM of the certificate over the key, shown in its place.")
        ],
        None,
    ),
    "keyless": (
        Annotated[
            bool,
            typer.Option("--keyless", help="Sign as the OpenID identity of this CI job, logged in public (Sigstore)."),
        ],
        False,
    ),
    "identity_token": (
        Annotated[
            str | None,
            typer.Option(
                "--identity-token", help="The OpenID token to sign keyless with; @FILE reads it.", metavar="TOKEN"
            ),
        ],
        None,
    ),
    "trust_config": (
        Annotated[
            Path | None, typer.Option("--trust-config", help="ClientTrustConfig of a private Sigstore instance.")
        ],
        None,
    ),
    "timestamp_url": (
        Annotated[
            str | None,
            typer.Option("--timestamp-url", help="Have the signature's time proven by this authority (RFC 3161)."),
        ],
        None,
    ),
    "password_stdin": (PasswordStdin, False),
}

with_signer = expanding("signer", _SIGNER, SignerOptions, panel=SIGNING)
"""Gives a command the options of who signs in the place of its parameter `signer: SignerOptions`."""


def _token(word: str | None) -> str | None:
    """Return the token that an option holds, or names a file of: command lines are seen by others."""
    if word is None or not word.startswith("@"):
        return word
    path = Path(word[1:])
    try:
        return read_given(path, "a token").decode().strip()
    except UnicodeError as error:
        raise UsageError(f"expected a token in `{path}`, it is no text", code="RM701") from error
