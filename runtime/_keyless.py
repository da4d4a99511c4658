"""Signing without a key of one's own: an OpenID identity, a certificate of some minutes, and a public log (Sigstore).

    attest = keyless(network, config=None, token=None)
    bundle = attest(digest, SIGNATURE_PREDICATE, {})

The identity is the token that is given, else the ambient one of a CI job, which is asked again where a build took
longer than a token lives. The instance is Sigstore's public one, or the private one of a `ClientTrustConfig` file. What
is signed is logged: identity, digest and time become public there. All are reached by the network that is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from remotemedia.errors import RemoteMediaError, TrustError
from remotemedia.trust import read_key_file, statement_payload, strict_json

if TYPE_CHECKING:
    from sigstore.oidc import IdentityToken

    from remotemedia.packager import Attest
    from remotemedia.runtime.network import Network

__all__ = ["keyless"]

_T = TypeVar("_T")


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
        from sigstore.sign import SigningContext  # noqa: PLC0415

        from remotemedia.runtime._sigstore_http import govern  # noqa: PLC0415
        from remotemedia.runtime._sigstore_identity import identity_of, still_valid  # noqa: PLC0415
        from remotemedia.runtime._sigstore_instance import public_instance  # noqa: PLC0415
    except ImportError as error:
        raise _refused("expected `sigstore` for a keyless signature", "pip install 'remotemedia[keyless]'") from error

    given = None if config is None else read_key_file(config, "configuration")

    def found() -> tuple[IdentityToken, SigningContext]:
        identity = identity_of(network, given=token)  # now: without one, nothing need be built
        instance = ClientTrustConfig.from_json(public_instance(network) if given is None else given.decode())
        return identity, SigningContext.from_trust_config(instance)

    identity, context = _converted(found)

    def attest(digest: str, predicate_type: str, predicate: Mapping[str, Any]) -> bytes:
        payload = _with_name(statement_payload(digest, predicate_type, predicate), digest)

        def sign() -> bytes:
            nonlocal identity
            identity = still_valid(identity, network, given=token)
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


def _refused(message: str, hint: str | None) -> TrustError:
    return TrustError(message, code="RM506", hint=hint)
