"""Who we are to a registry: the environment, then what other clients have stored for themselves.

Read are `REMOTEMEDIA_USERNAME` and `REMOTEMEDIA_PASSWORD`, then `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`
with its `credHelpers`, `credsStore` and `auths`. Nothing is ever written.
"""

import base64
import binascii
import logging
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remotemedia.errors import RegistryError
from remotemedia.trust import strict_json

_log = logging.getLogger(__name__)

_MAX_CONFIG_BYTES = 1 << 20
_HELPER_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_HELPER_SECONDS = 30
_HELPER_NOT_FOUND = "credentials not found"
_IDENTITY_USER = "<token>"  # how a helper says that the secret is an identity token
# The name under which all clients store what is meant for docker.io.
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"
DOCKER_HUB_HOSTS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})


@dataclass(frozen=True)
class Credentials:
    """A user name and password, or an identity token (an OAuth 2 refresh token)."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str | None = field(default=None, repr=False)

    @property
    def basic(self) -> str:
        """The `Authorization` header of RFC 7617."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def find_credentials(host: str, repository: str, environ: Mapping[str, str]) -> Credentials | None:
    """Look up credentials for a repository of a registry; None means anonymous.

    Those of the environment are for the registry that `REMOTEMEDIA_REGISTRY` names, or for any if it is not set.

    Raises `RegistryError` RM403 if the configuration cannot be read. A credential helper that does not work is logged,
    and `auths` is used instead.
    """
    username = environ.get("REMOTEMEDIA_USERNAME")
    if username and environ.get("REMOTEMEDIA_REGISTRY", host) == host:
        return Credentials(username, environ.get("REMOTEMEDIA_PASSWORD", ""))
    config = _read_config(environ)
    keys = list(_keys(host, repository))
    if helper := _helper(config, keys):
        name, server = helper
        if found := _ask_helper(name, server, environ):
            return found
    return _from_auths(config, keys)


def _read_config(environ: Mapping[str, str]) -> dict[str, Any]:
    directory = environ.get("DOCKER_CONFIG")
    path = Path(directory) if directory else Path(environ.get("HOME", "~")).expanduser() / ".docker"
    path /= "config.json"
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_CONFIG_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise RegistryError(f"credentials `{path}` cannot be read: {exc.strerror}", code="RM403") from exc
    try:
        return strict_json.loads_object(data, max_bytes=_MAX_CONFIG_BYTES)
    except ValueError as exc:
        raise RegistryError(f"expected JSON in `{path}`: {exc}", code="RM403", hint="correct or remove it") from exc


def _keys(host: str, repository: str) -> Iterator[str]:
    """Give the names under which clients store credentials, the most special one first."""
    parts = repository.split("/")
    for count in range(len(parts), 0, -1):
        yield f"{host}/{'/'.join(parts[:count])}"
    yield host
    if host in DOCKER_HUB_HOSTS:
        yield from (_DOCKER_HUB_KEY, *sorted(DOCKER_HUB_HOSTS - {host}))


def _helper(config: Mapping[str, Any], keys: list[str]) -> tuple[str, str] | None:
    """Give the name of the helper in charge and the server name to ask it for."""
    server = _DOCKER_HUB_KEY if _DOCKER_HUB_KEY in keys else next(key for key in keys if "/" not in key)
    helpers = config.get("credHelpers")
    if isinstance(helpers, dict):
        for key in keys:
            if isinstance(helpers.get(key), str):
                return helpers[key], key
    store = config.get("credsStore")
    return (store, server) if isinstance(store, str) and store else None


def _ask_helper(name: str, server: str, environ: Mapping[str, str]) -> Credentials | None:
    """Run `docker-credential-NAME get` as the protocol of docker-credential-helpers has it."""
    if not _HELPER_NAME.fullmatch(name):
        _log.warning("credential helper %s has no usable name; stored passwords are used instead", name[:64])
        return None
    program = f"docker-credential-{name}"
    try:
        done = subprocess.run(
            [program, "get"],
            input=server.encode(),
            capture_output=True,
            timeout=_HELPER_SECONDS,
            check=False,
            env=dict(environ),
        )
        if done.returncode != 0:
            said = (done.stdout or done.stderr)[:200].decode(errors="replace").strip()
            if not said.startswith(_HELPER_NOT_FOUND):
                _log.warning("%s failed (%s); stored passwords are used instead", program, said)
            return None
        answer = strict_json.loads_object(done.stdout, max_bytes=_MAX_CONFIG_BYTES)
    except (OSError, subprocess.TimeoutExpired, ValueError) as exc:
        _log.warning("%s does not work (%s); stored passwords are used instead", program, type(exc).__name__)
        return None
    username, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str):
        _log.warning("%s gave no user name and secret; stored passwords are used instead", program)
        return None
    return Credentials(identity_token=secret) if username == _IDENTITY_USER else Credentials(username, secret)


def _from_auths(config: Mapping[str, Any], keys: list[str]) -> Credentials | None:
    auths = config.get("auths")
    if not isinstance(auths, dict):
        return None
    by_key = {_normal(key): entry for key, entry in auths.items() if isinstance(entry, dict)}
    for key in keys:
        entry = by_key.get(_normal(key))
        if entry and (found := _from_entry(entry, key)):
            return found
    return None


def _from_entry(entry: Mapping[str, Any], key: str) -> Credentials | None:
    if isinstance(token := entry.get("identitytoken"), str) and token:
        return Credentials(identity_token=token)
    if isinstance(auth := entry.get("auth"), str) and auth:
        try:
            username, colon, password = base64.b64decode(auth, validate=True).decode().rstrip("\0").partition(":")
        except (binascii.Error, UnicodeDecodeError):
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


def _normal(key: str) -> str:
    """Bring the spellings of clients together: `https://host/`, `http://host`, `host/v1/`, `host/v2/`."""
    key = key.removeprefix("https://").removeprefix("http://").rstrip("/")
    return key.removesuffix("/v1").removesuffix("/v2")
