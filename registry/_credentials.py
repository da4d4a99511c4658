"""Who we are to a registry: the environment, then what clients, this one too, have stored.

Read are `REMOTEMEDIA_USERNAME` and `REMOTEMEDIA_PASSWORD`, then the file that `REGISTRY_AUTH_FILE` names, docker's
`config.json` and podman's `auth.json`, each with its `credHelpers`, `credsStore` and `auths`. The first that knows the
registry counts, and a refusal names it.
"""

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from remotemedia.errors import RegistryError
from remotemedia.registry import _credential_helpers as helpers
from remotemedia.registry._auth_files import (
    auth_files,
    helper_of,
    keys_of,
    normal,
    read_auth_file,
)
from remotemedia.registry._hosts import same_host

__all__ = ["Credentials", "find_credentials", "login_hint"]

_log = logging.getLogger(__name__)

_IDENTITY_USER = "<token>"  # how a helper says that the secret is an identity token


@dataclass(frozen=True)
class Credentials:
    """A user name and password, or an identity token (an OAuth 2 refresh token).

    Attributes:
        source: what they were found in, as a refusal says it.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str | None = field(default=None, repr=False)
    source: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Say whose they are, and of what: no secret is in it."""
        whose = "a token" if self.identity_token is not None else f"user `{self.username}`"
        return f"{whose} of {self.source}" if self.source else whose

    @property
    def basic(self) -> str:
        """The `Authorization` header of RFC 7617."""
        return f"Basic {self.encoded}"

    @property
    def encoded(self) -> str:
        """User name and password as that header and `auths` have them."""
        # Those of the environment may be of bytes that are no UTF-8, and are sent as they are.
        return base64.b64encode(f"{self.username}:{self.password}".encode(errors="surrogateescape")).decode()


def find_credentials(host: str, repository: str, environ: Mapping[str, str]) -> Credentials | None:
    """Look up credentials for a repository of a registry; None means anonymous.

    Those of the environment are for the registry that `REMOTEMEDIA_REGISTRY` names, or for any if it is not set.

    Raises `RegistryError` RM403 if a file cannot be read. A credential helper that does not work is logged, and `auths`
    is used instead.
    """
    username, named = environ.get("REMOTEMEDIA_USERNAME"), _named(environ)
    if username and same_host(named or host, host):
        password = environ.get("REMOTEMEDIA_PASSWORD", "")
        source = "`REMOTEMEDIA_USERNAME`" if password else "`REMOTEMEDIA_USERNAME`, without `REMOTEMEDIA_PASSWORD`"
        return Credentials(username, password, source=source)
    keys = keys_of(host, repository)
    for path in auth_files(environ):
        document = read_auth_file(path)
        found = _from_helper(document, keys, host, environ)
        if found is None and (found := _from_auths(document, keys)) is not None:
            found = replace(found, source=f"`{path}`")
        if found is not None:
            return found
    return None


def login_hint(host: str, environ: Mapping[str, str]) -> str:
    """Say how a registry that refused us gets credentials, or other ones."""
    named = _named(environ)
    if environ.get("REMOTEMEDIA_USERNAME") and not same_host(named or host, host):
        return (
            f"`remotemedia login {host}`; `REMOTEMEDIA_USERNAME` is for `{named}` alone, as `REMOTEMEDIA_REGISTRY` says"
        )
    return f"`remotemedia login {host}`, or set `REMOTEMEDIA_USERNAME` and `REMOTEMEDIA_PASSWORD`"


def _named(environ: Mapping[str, str]) -> str:
    """Give the registry that the environment's login is for, however it is spelled; empty for any."""
    return normal(environ.get("REMOTEMEDIA_REGISTRY", "")).partition("/")[0]


def _from_helper(
    document: Mapping[str, Any], keys: list[str], host: str, environ: Mapping[str, str]
) -> Credentials | None:
    helper = helper_of(document, keys, host)
    if helper is None:
        return None
    try:
        answer = helpers.get(*helper, environ)
    except RegistryError as error:
        _log.warning("%s; stored passwords are used instead", error.message)
        return None
    if answer is None:
        return None
    username, secret = answer
    source = f"`docker-credential-{helper[0]}`"
    if username == _IDENTITY_USER:
        return Credentials(identity_token=secret, source=source)
    return Credentials(username, secret, source=source)


def _from_auths(document: Mapping[str, Any], keys: list[str]) -> Credentials | None:
    auths = document.get("auths")
    if not isinstance(auths, dict):
        return None
    by_key = {normal(key): entry for key, entry in auths.items() if isinstance(entry, dict)}
    for key in keys:
        entry = by_key.get(normal(key))
        if entry and (found := _from_entry(entry, key)):
            return found
    return None


def _from_entry(entry: Mapping[str, Any], key: str) -> Credentials | None:
    if isinstance(token := entry.get("identitytoken"), str) and token:
        return Credentials(identity_token=token)
    if isinstance(auth := entry.get("auth"), str) and auth:
        try:
            username, colon, password = base64.b64decode(auth, validate=True).decode().rstrip("\0").partition(":")
        except ValueError:  # no base64, or no text in it
            colon = ""
        if not colon:
            raise RegistryError(
                f"expected base64 of `USER:PASSWORD` in `auths` for `{key}`", code="RM403", hint="log in again"
            )
        return Credentials(username, password)
    plain = entry.get("username"), entry.get("password")
    if isinstance(plain[0], str) and isinstance(plain[1], str) and plain[0]:
        return Credentials(plain[0], plain[1])
    return None
