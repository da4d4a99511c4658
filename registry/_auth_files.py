"""Files in which clients keep their logins: docker's `config.json`, and podman's `auth.json` of the same shape.

{"auths": {"HOST": {"auth": BASE64}}, "credHelpers": {"HOST": NAME}, "credsStore": NAME}
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from remotemedia.errors import RegistryError
from remotemedia.registry._hosts import DOCKER_HUB_HOSTS, canonical_host
from remotemedia.trust import strict_json

MAX_BYTES = 1 << 20
_API_VERSIONS = frozenset({"v1", "v2"})
# The name under which all clients store what is meant for docker.io.
DOCKER_HUB_KEY = "https://index.docker.io/v1/"


def docker_config(environ: Mapping[str, str]) -> Path:
    """Give the place of docker's configuration: below `DOCKER_CONFIG`, else below the home directory."""
    directory = environ.get("DOCKER_CONFIG")
    return (Path(directory) if directory else _home(environ) / ".docker") / "config.json"


def auth_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Give the files to look into, in order: the one the user named, docker's, podman's (containers-auth.json(5))."""
    named, runtime = environ.get("REGISTRY_AUTH_FILE"), environ.get("XDG_RUNTIME_DIR")
    configuration = Path(environ.get("XDG_CONFIG_HOME") or _home(environ) / ".config")
    files = [
        *([Path(named)] if named else []),
        docker_config(environ),
        *([Path(runtime) / "containers/auth.json"] if runtime else []),
        configuration / "containers/auth.json",
    ]
    return tuple(dict.fromkeys(files))


def read_auth_file(path: Path) -> dict[str, Any]:
    """Read one; a missing one is empty. Raises `RegistryError` RM403 if it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as exc:
        raise RegistryError(f"credentials `{path}` cannot be read: {exc.strerror}", code="RM403") from exc
    try:
        return strict_json.loads_object(data, max_bytes=MAX_BYTES) if data.strip() else {}
    except ValueError as exc:
        raise RegistryError(f"expected JSON in `{path}`: {exc}", code="RM403", hint="correct or remove it") from exc


def keys_of(host: str, repository: str) -> list[str]:
    """Give the names under which clients store credentials, the most special one first."""
    return list(_keys(host, repository))


def server_of(host: str) -> str:
    """Give the name by which a helper, and a new login, knows a registry."""
    return DOCKER_HUB_KEY if host in DOCKER_HUB_HOSTS else host


def normal(key: str) -> str:
    """Bring the spellings of clients together: `https://host/`, `http://host`, `Host:443`, `host/v1/`, `host/v2/`.

    `v1` and `v2` are of the API's address where nothing else follows the host; elsewhere they are names of people.
    """
    host, slash, path = key.removeprefix("https://").removeprefix("http://").rstrip("/").partition("/")
    if path in _API_VERSIONS:
        slash = path = ""
    if host not in DOCKER_HUB_HOSTS:  # what is stored under the name that was asked for goes first
        with suppress(ValueError):
            host = canonical_host(host)
    return f"{host}{slash}{path}"


def helper_of(document: Mapping[str, Any], keys: list[str], host: str) -> tuple[str, str] | None:
    """Give the name of the helper in charge, and the server's name to ask it for."""
    helpers, auths = document.get("credHelpers"), document.get("auths")
    if isinstance(helpers, dict):
        spelled = {normal(name): name for name, helper in helpers.items() if isinstance(helper, str)}
        for key in keys:
            if (name := spelled.get(normal(key))) is not None:
                return helpers[name], name
    store, server = document.get("credsStore"), server_of(host)
    if not isinstance(store, str) or not store:
        return None
    # docker lists what its helper keeps, under the name by which the helper knows it.
    listed = (name for name in auths if normal(name) == normal(server)) if isinstance(auths, dict) else ()
    return store, server if isinstance(auths, dict) and server in auths else next(iter(listed), server)


def _keys(host: str, repository: str) -> Iterator[str]:
    parts = repository.split("/") if repository else []
    for count in range(len(parts), 0, -1):
        yield f"{host}/{'/'.join(parts[:count])}"
    yield host
    if host in DOCKER_HUB_HOSTS:
        yield from (DOCKER_HUB_KEY, *sorted(DOCKER_HUB_HOSTS - {host}))


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or "~").expanduser()
