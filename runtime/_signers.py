"""Who signs: a key, a certificate over one, a program that has it elsewhere, or an OpenID identity.

(signer,) = open_signers(SigningOptions(keys=("release",)), environ=os.environ, network=network)
bundle = signer.attest(digest, SIGNATURE_PREDICATE, {})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from remotemedia.errors import TrustError, UsageError
from remotemedia.runtime.home import home_directory
from remotemedia.trust import (
    DEFAULT_NAME,
    CertificateSigner,
    KeyStore,
    Mode,
    Password,
    Signer,
    SigningKey,
    open_signer,
    read_key_file,
    sign_statement,
)

if TYPE_CHECKING:
    from remotemedia.packager import Attest
    from remotemedia.runtime.network import Network

__all__ = ["NamedSigner", "SigningOptions", "open_signers"]

_KEY: Final = "REMOTEMEDIA_KEY"
_TIMESTAMP_URL: Final = "REMOTEMEDIA_TIMESTAMP_URL"


@dataclass(frozen=True)
class SigningOptions:
    """What a user says of who signs.

    Attributes:
        keys: each the name of an own key, a file, or `exec:COMMAND`; empty for `REMOTEMEDIA_KEY`, else the own key.
        certificate: PEM of the certificate over the one key, which then stands in the bundle.
        keyless: sign as an OpenID identity instead; `identity_token` says which, and implies it.
        identity_token: default the ambient one of a CI job.
        trust_config: `ClientTrustConfig` of a private Sigstore instance.
        timestamp_url: of a timestamp authority; default `REMOTEMEDIA_TIMESTAMP_URL`, else that of `config.json`.
    """

    keys: tuple[str, ...] = ()
    certificate: Path | None = None
    keyless: bool = False
    identity_token: str | None = None
    trust_config: Path | None = None
    timestamp_url: str | None = None

    @property
    def is_keyless(self) -> bool:
        """Whether an OpenID identity signs."""
        return self.keyless or self.identity_token is not None

    def expect_none(self, because: str) -> None:
        """Refuse every option, because of another one by which nothing is signed.

        Raises:
            UsageError: RM701, one was given.
        """
        given = {
            "--key": self.keys,
            "--certificate": self.certificate,
            "--keyless": self.keyless,
            "--identity-token": self.identity_token,
            "--trust-config": self.trust_config,
            "--timestamp-url": self.timestamp_url,
        }
        for option in (option for option, value in given.items() if value):
            raise UsageError(f"expected no `{option}` with `{because}`, by which nothing is signed", code="RM701")

    def expect_consistent(self) -> None:
        """Refuse options that would be passed over.

        Raises:
            UsageError: RM701.
        """
        if self.is_keyless and (self.keys or self.certificate):
            raise UsageError("expected a key or a keyless signature, got both", code="RM701")
        if self.is_keyless and self.timestamp_url is not None:
            raise UsageError(
                "expected no `--timestamp-url` with a keyless signature, whose instance proves its time", code="RM701"
            )
        if self.trust_config is not None and not self.is_keyless:
            raise UsageError(
                "expected a keyless signature with `--trust-config`, got one by a key",
                code="RM701",
                hint="add `--keyless`, or `--identity-token`",
            )
        if self.certificate is not None and len(self.keys) > 1:
            raise UsageError(
                f"expected one key under the certificate, got {len(self.keys)}", code="RM701", hint="sign once for each"
            )


class NamedSigner(NamedTuple):
    """What makes bundles.

    Attributes:
        attest: makes one.
        name: for people, as the end of `signed by …`.
        fingerprint: of the key; None where each signature has its own.
        is_plain: whether it costs nothing to sign, asks nobody, and gives the same bytes each time.
    """

    attest: Attest
    name: str
    fingerprint: str | None = None
    is_plain: bool = False


def open_signers(
    options: SigningOptions,
    *,
    environ: Mapping[str, str],
    network: Network,
    password: Password | None = None,
) -> tuple[NamedSigner, ...]:
    """Return the signers that a user named.

    Args:
        options: who signs.
        environ: for the home directory, `REMOTEMEDIA_KEY`, `REMOTEMEDIA_ENV` and `REMOTEMEDIA_TIMESTAMP_URL`.
        network: for timestamps and keyless signatures.
        password: asked for an encrypted key's.

    Raises:
        UsageError: RM701, the options contradict each other.
        TrustError: RM506, a key cannot be used, or production was given none; RM520, what is wanted needs the network.
        RegistryError: RM412, `config.json` is malformed.
    """
    options.expect_consistent()
    if options.is_keyless:
        from remotemedia.runtime._keyless import keyless  # noqa: PLC0415 - its client is an extra

        attest = keyless(network, config=options.trust_config, token=options.identity_token)
        return (NamedSigner(attest, "an OpenID identity"),)
    signers = [_signing_key(environ, word, password) for word in options.keys or (None,)]
    if options.certificate is not None:
        certified = CertificateSigner(signers[0][0], read_key_file(options.certificate, "certificate"))
        signers = [(certified, certified.describe())]
    timestamp = _timestamp(options, environ, network)
    return tuple(_named(signer, name, timestamp) for signer, name in signers)


def _signing_key(environ: Mapping[str, str], spec: str | None, password: Password | None) -> tuple[Signer, str]:
    """Return the key given, else that of `REMOTEMEDIA_KEY`, else the user's own; and what people call it.

    Args:
        environ: for `REMOTEMEDIA_KEY` and the home directory.
        spec: as `open_signer` takes it: a file, the NAME of a key of the user's, or `exec:COMMAND`.
        password: asked where the key is encrypted.

    Raises:
        TrustError: RM506, production makes no key by itself, and none was given.
    """
    store = KeyStore(home_directory(environ))
    named = spec or environ.get(_KEY)
    if named:
        signer = open_signer(named, store, password)
        return signer, _called(named, signer) if store.has(named) else signer.describe()
    if Mode.detect(environ) is Mode.PRODUCTION:
        raise TrustError(
            "expected a signing key in production, got none",
            code="RM506",
            hint=f"give one with `--key` or `{_KEY}`, or build with `--unsigned`",
        )
    own = store.default()
    return own, _called(DEFAULT_NAME, own)


def _called(name: str, signer: Signer) -> str:
    return f"`{name}` ({signer.public.fingerprint})"


def _named(signer: Signer, name: str, timestamp: Callable[[bytes], bytes] | None) -> NamedSigner:
    return NamedSigner(
        partial(sign_statement, signer, timestamp=timestamp),
        name,
        signer.public.fingerprint,
        is_plain=isinstance(signer, SigningKey) and timestamp is None,
    )


def _timestamp(
    options: SigningOptions, environ: Mapping[str, str], network: Network
) -> Callable[[bytes], bytes] | None:
    url = options.timestamp_url or environ.get(_TIMESTAMP_URL) or network.configuration.timestamp_url
    if url is None:
        return None
    from remotemedia.runtime._timestamp import TimestampClient  # noqa: PLC0415 - few sign with a time, all build

    return TimestampClient(url, network)
