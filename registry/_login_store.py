"""Logins are kept where docker keeps them, so that all clients find them."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from remotemedia.errors import RegistryError
from remotemedia.registry import _credential_helpers as helpers
from remotemedia.registry._auth_files import (
    docker_config,
    helper_of,
    keys_of,
    normal,
    read_auth_file,
    server_of,
)
from remotemedia.registry._credentials import Credentials
from remotemedia.trust.whole_files import replace_file


def store_login(host: str, credentials: Credentials, environ: Mapping[str, str]) -> str:
    """Keep credentials for a registry in docker's configuration, or in the helper that it names; gives where.

    Raises `RegistryError` RM403 if the configuration cannot be read, RM413 if it cannot be written.
    """
    path, server = docker_config(environ), server_of(host)
    with _rewriting(path) as document:
        auths = document.setdefault("auths", {})
        for key in _known(auths, host):
            del auths[key]
        helper = helper_of(document, keys_of(host, ""), host)
        if helper is None:
            auths[server] = {"auth": credentials.encoded}
            return str(path)
        helpers.store(*helper, credentials.username, credentials.password, environ)
        auths[server] = {}  # docker lists what its helpers keep
        return f"docker-credential-{helper[0]}"


def erase_login(host: str, environ: Mapping[str, str]) -> bool:
    """Forget what is kept for a registry; says whether there was something. Raises as `store_login` does."""
    path = docker_config(environ)
    document = read_auth_file(path)
    keys = keys_of(host, "")
    helper = helper_of(document, keys, host)
    kept = helper is not None and helpers.get(*helper, environ) is not None
    if helper is not None and kept:
        helpers.erase(*helper, environ)
    if not _known(document.get("auths"), host):
        return kept
    with _rewriting(path) as document:
        for key in _known(document["auths"], host):
            del document["auths"][key]
    return True


def _known(auths: Any, host: str) -> list[str]:
    """Give the keys of `auths` that mean the registry itself, not one of its repositories."""
    wanted = {normal(key) for key in keys_of(host, "")}
    return [key for key in auths if normal(key) in wanted] if isinstance(auths, dict) else []


@contextmanager
def _rewriting(path: Path) -> Iterator[dict[str, Any]]:
    """Give the file's content to change; it is replaced in one step, with mode 0600, and nothing else of it is lost."""
    path = path.resolve()  # it may be a link into a directory of such files
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as exc:
        raise _cannot_write(path, exc) from exc
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        document = read_auth_file(path)
        if not isinstance(document.get("auths", {}), dict):
            raise RegistryError(
                f"expected `auths` to be an object in `{path}`", code="RM403", hint="correct or remove it"
            )
        yield document
        _replace(path, document)
    finally:
        os.close(directory)


def _replace(path: Path, document: dict[str, Any]) -> None:
    text = json.dumps(document, indent="\t", ensure_ascii=False).encode()
    try:
        replace_file(path, text, 0o600, sync=True)
    except OSError as exc:
        raise _cannot_write(path, exc) from exc


def _cannot_write(path: Path, exc: OSError) -> RegistryError:
    return RegistryError(
        f"`{path}` cannot be written: {exc.strerror}",
        code="RM413",
        hint="`DOCKER_CONFIG` names another directory; `REMOTEMEDIA_USERNAME` and `REMOTEMEDIA_PASSWORD` need no file",
        path=str(path),
    )
