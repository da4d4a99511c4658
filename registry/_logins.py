"""Which logins clients keep here, looked at without asking for any: `known_logins(os.environ)`."""

import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from remotemedia.registry._auth_files import auth_files, read_auth_file
from remotemedia.registry._credential_helpers import missing


def known_logins(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give the registries, and repositories of such, that logins are kept for, as their clients spell them.

    Raises `RegistryError` RM403 if a file cannot be read, RM413 if a helper that one names is not installed.
    """
    found: set[str] = set()
    for path in auth_files(environ):
        document = read_auth_file(path)
        for helper in _helpers(document):
            if shutil.which(f"docker-credential-{helper}", path=environ.get("PATH")) is None:
                raise missing(helper)
        for listed in ("auths", "credHelpers"):
            entries = document.get(listed)
            found.update(entries if isinstance(entries, dict) else ())
    return tuple(sorted(found))


def _helpers(document: Mapping[str, Any]) -> Iterator[str]:
    special = document.get("credHelpers")
    named = [document.get("credsStore"), *(special.values() if isinstance(special, dict) else ())]
    return (name for name in named if isinstance(name, str) and name)
