"""Who signs without a key: an OpenID token, the one that is given or that of the CI job that this is.

identity = identity_of(network, given=None)
identity = still_valid(identity, network, given=None)   # after a build that took longer than a token lives
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from sigstore.oidc import IdentityError, IdentityToken, detect_credential

from remotemedia.errors import TrustError
from remotemedia.runtime._service import Service
from remotemedia.runtime._sigstore_http import refused
from remotemedia.trust import strict_json

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

__all__ = ["ambient_identity", "identity_of", "still_valid"]

_AUDIENCE: Final = "sigstore"
_OK: Final = 200
_SHORT: Final = "tokens live for minutes: get one right before, or sign what is built with `remotemedia sign --keyless`"


def identity_of(network: Network, *, given: str | None) -> IdentityToken:
    """Read the token that is given, else that of this CI job.

    Raises:
        TrustError: RM506, there is none, or it is none that counts now.
    """
    try:
        return IdentityToken(given or ambient_identity(network))
    except IdentityError as error:
        raise refused(
            f"expected an OpenID identity for a keyless signature, it cannot be used: {error}", _SHORT
        ) from error


def still_valid(identity: IdentityToken, network: Network, *, given: str | None) -> IdentityToken:
    """Return an identity while it counts, then the one that this CI job has now.

    Raises:
        TrustError: RM506, there is no other.
    """
    if identity.in_validity_period():
        return identity
    token = given or ambient_identity(network)
    if token == str(identity):
        ended = datetime.fromtimestamp(identity._exp, UTC)  # noqa: SLF001 - it is said nowhere else
        raise refused(
            f"expected an OpenID identity that still counts, got one that ended at {ended:%H:%M:%S} UTC", _SHORT
        )
    return identity_of(network, given=token)


def ambient_identity(network: Network) -> str:
    """Give the token of this CI job.

    GitHub is asked over our network. Other providers put it into the environment, or have a program that gives it, for
    which Sigstore's client looks. Google's machines alone it asks by HTTP of its own.

    Raises:
        TrustError: RM506, there is none, or it cannot be had.
    """
    token = _of_github(network) if network.environ.get("GITHUB_ACTIONS") else detect_credential(_AUDIENCE)
    if not token:
        raise refused(
            "expected an OpenID identity for a keyless signature, found none",
            "give one with `--identity-token`, or run this in a CI job that has one (`id-token: write`)",
        )
    return token


def _of_github(network: Network) -> str | None:
    """Ask for the token as a job's variables say; None if they say nothing, since the job may have none."""
    url, secret = (network.environ.get(f"ACTIONS_ID_TOKEN_REQUEST_{it}") for it in ("URL", "TOKEN"))
    if not url or not secret:
        return None
    asked = f"{url}{'&' if '?' in url else '?'}{urlencode({'audience': _AUDIENCE})}"
    answer = Service(network, url, failed=_failed).ask("GET", asked, authorization=f"bearer {secret}")
    if answer.status != _OK:
        raise _failed(f"got the status {answer.status}")
    try:
        token = strict_json.loads_object(answer.data).get("value")
    except ValueError as error:
        raise _failed(str(error)) from error
    if not isinstance(token, str):
        raise _failed("the answer holds none")
    return token


def _failed(why: str, hint: str | None = None) -> TrustError:
    return refused(f"expected the OpenID identity of this job from its provider: {why}", hint)
