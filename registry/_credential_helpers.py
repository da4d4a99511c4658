"""Programs that keep credentials: `docker-credential-NAME get|store|erase` (docker-credential-helpers)."""

import re
import subprocess
from collections.abc import Mapping

from remotemedia.errors import RegistryError
from remotemedia.registry._auth_files import MAX_BYTES
from remotemedia.trust import strict_json

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SECONDS = 30
_NOT_FOUND = "credentials not found"


def get(name: str, server: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Ask for user name and secret; None if the helper has none. Raises `RegistryError` RM413 if it does not work."""
    answer = _run(name, "get", server.encode(), environ)
    if answer is None:
        return None
    try:
        document = strict_json.loads_object(answer, max_bytes=MAX_BYTES)
    except ValueError as exc:
        raise _failed(name, "it gave no JSON") from exc
    username, secret = document.get("Username"), document.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str):
        raise _failed(name, "it gave no user name and secret")
    return username, secret


def store(name: str, server: str, username: str, secret: str, environ: Mapping[str, str]) -> None:
    """Let the helper keep a secret; raises `RegistryError` RM413."""
    document = {"ServerURL": server, "Username": username, "Secret": secret}
    _run(name, "store", strict_json.dumps(document), environ)


def erase(name: str, server: str, environ: Mapping[str, str]) -> None:
    """Let the helper forget it, known or not; raises `RegistryError` RM413."""
    _run(name, "erase", server.encode(), environ)


def _run(name: str, action: str, given: bytes, environ: Mapping[str, str]) -> bytes | None:
    """Give what the helper prints; None if it says that it knows nothing of the server."""
    if not _NAME.fullmatch(name):
        raise RegistryError(f"credential helper `{name[:64]}` has no usable name", code="RM413")
    try:
        done = subprocess.run(
            [f"docker-credential-{name}", action],
            input=given,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=dict(environ),
        )
    except FileNotFoundError as exc:
        raise missing(name) from exc
    except OSError as exc:
        raise _failed(name, exc.strerror or type(exc).__name__) from exc
    except subprocess.TimeoutExpired as exc:
        raise _failed(name, f"it took longer than {_SECONDS} s") from exc
    if done.returncode == 0:
        return done.stdout
    said = (done.stdout or done.stderr)[:200].decode(errors="replace").strip()
    if said.startswith(_NOT_FOUND):
        return None
    raise _failed(name, said if action == "get" or said else f"status {done.returncode}")


def missing(name: str) -> RegistryError:
    """Make the error of a helper that is not installed: RM413."""
    return _failed(name, "it is not installed")


def _failed(name: str, why: str) -> RegistryError:
    return RegistryError(
        f"`docker-credential-{name}` failed ({why})",
        code="RM413",
        hint="install or correct it, or remove it from `credsStore` and `credHelpers` of docker's `config.json`",
    )
