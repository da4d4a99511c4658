"""Trying a login, before it is kept."""

import os
from collections.abc import Mapping

from remotemedia.errors import RegistryError
from remotemedia.registry._auth import Authorizer
from remotemedia.registry._credentials import Credentials
from remotemedia.registry._hosts import DOCKER_HUB_HOSTS
from remotemedia.registry._retry import RetryPolicy, retrying
from remotemedia.registry._tls import TlsOptions, scheme_of
from remotemedia.registry._transport import Origin, Transport, discard

_OK, _UNAUTHORIZED = 200, 401


def check_login(
    host: str,
    credentials: Credentials,
    *,
    plain_http: bool = False,
    tls: TlsOptions | None = None,
    environ: Mapping[str, str] = os.environ,
) -> bool:
    """Try credentials at the registry's own endpoint (`/v2/`); False says that it lets anybody in, and looked at none.

    Raises `RegistryError` RM403 if it refuses them, and what a transfer raises if it cannot be asked.
    """
    server = "registry-1.docker.io" if host in DOCKER_HUB_HOSTS else host
    origin = Origin.of(f"{scheme_of(server, plain_http=plain_http, tls=tls)}://{server}/v2/")
    transport = Transport(origin, plain_http=plain_http, tls=tls, environ=environ)
    authorizer = Authorizer(transport, origin, "", lambda: credentials, hint="check user name and password")

    def ask() -> bool:
        url = f"{origin.scheme}://{server}/v2/"
        response = transport.send("GET", url, headers={})
        discard(response)
        asked = response.status == _UNAUTHORIZED
        if asked:
            authorization, _ = authorizer.answer(response, (), None)
            response = transport.send("GET", url, headers={}, authorization=authorization)
            discard(response)
        if response.status != _OK:
            raise RegistryError(
                f"registry `{host}` refused the login ({response.status})",
                code="RM403",
                hint="check user name and password",
                host=host,
            )
        return asked

    return retrying(RetryPolicy(), ask)
