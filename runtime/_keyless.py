"""Signing without a key of one's own: an OpenID identity, a certificate of some minutes, and a public log (Sigstore).

    attest = keyless(network, config=None, token=None)
    bundle = attest(digest, SIGNATURE_PREDICATE, {})

The identity is the token that is given, else the ambient one of a CI job. The instance is Sigstore's public one, or the
private one of a `ClientTrustConfig` file. What is signed is logged: identity, digest and time become public there.
All of them are reached by the network that is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from remotemedia.errors import RemoteMediaError, TrustError
from remotemedia.trust import statement_payload, strict_json

if TYPE_CHECKING:
    from remotemedia.packager import Attest
    from remotemedia.runtime.network import Network

__all__ = ["keyless"]

_T = TypeVar("_T")
_MAX_CONFIG: Final = 4 << 20


def keyless(network: Network, *, config: Path | None = None, token: str | None = None) -> Attest:
    """Prepare to sign as who the token says.

    Args:
        network: it must not be offline: certificate and log entry come from there.
        config: `ClientTrustConfig` of a private instance, as JSON.
        token: of an OpenID provider that the instance knows; default that of the CI job.

    Raises:
        TrustError: RM520, the network may not be used; RM506, there is no identity, a service cannot be reached, or
            Sigstore's client is not installed or fails.
    """
    network.check_signing("a keyless signature", "sign with a key of your own: `--key NAME`")
    try:
        from sigstore.dsse import Statement  # noqa: PLC0415 - an extra, and two seconds to load
        from sigstore.models import ClientTrustConfig  # noqa: PLC0415
        from sigstore.oidc import IdentityToken  # noqa: PLC0415
        from sigstore.sign import SigningContext  # noqa: PLC0415

        from remotemedia.runtime._sigstore_http import govern  # noqa: PLC0415
        from remotemedia.runtime._sigstore_identity import ambient_identity  # noqa: PLC0415
        from remotemedia.runtime._sigstore_instance import public_instance  # noqa: PLC0415
    except ImportError as error:
        raise _refused("expected `sigstore` for a keyless signature", "pip install 'remotemedia[keyless]'") from error

    given = None if config is None else _read(config)

    def found() -> tuple[IdentityToken, SigningContext]:
        identity = IdentityToken(token or ambient_identity(network))
        instance = ClientTrustConfig.from_json(given or public_instance(network))
        return identity, SigningContext.from_trust_config(instance)

    identity, context = _converted(found)

    def attest(digest: str, predicate_type: str, predicate: Mapping[str, Any]) -> bytes:
        payload = _with_name(statement_payload(digest, predicate_type, predicate), digest)

        def sign() -> bytes:
            govern(context, network)
            with context.signer(identity) as signer:
                return signer.sign_dsse(Statement(payload)).to_json().encode()

        return _converted(sign)

    return attest


def _converted(work: Callable[[], _T]) -> _T:
    """Do what Sigstore's client does; whatever it raises is a failure to sign, and says why in its own words."""
    try:
        return work()
    except RemoteMediaError:
        raise
    except Exception as error:  # its client has no common root: HTTP, TUF, pydantic and its own errors come through
        why = " ".join(str(error).split())[:300] or type(error).__name__
        raise _refused(f"expected a keyless signature, Sigstore's client failed: {why}", None) from error


def _with_name(payload: bytes, name: str) -> bytes:
    """Name the subject, which in-toto leaves open and Sigstore's client demands."""
    statement = strict_json.loads_object(payload)
    (subject,) = statement["subject"]
    return strict_json.dumps({**statement, "subject": [{"name": name, **subject}]})


def _read(config: Path) -> str:
    try:
        with config.open(encoding="utf-8") as file:
            text = file.read(_MAX_CONFIG + 1)
    except (OSError, UnicodeError) as error:
        raise _refused(f"`{config}` cannot be read: {error}", None) from error
    if len(text) > _MAX_CONFIG:
        raise _refused(f"expected at most {_MAX_CONFIG} characters in `{config}`, got more", None)
    return text


def _refused(message: str, hint: str | None) -> TrustError:
    return TrustError(message, code="RM506", hint=hint)
