"""Whether what a user has set up can be used: each file is read as the commands read it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypedDict

from remotemedia.cli._console import size
from remotemedia.errors import RemoteMediaError


class Setup(TypedDict):
    """One thing that commands go by.

    Attributes:
        ok: whether it can be used.
        state: what is there, or the failure that a command would end with.
    """

    ok: bool
    state: str


def setup_of(home: Path) -> dict[str, Setup]:
    """Return the state of each thing that commands go by."""
    return {name: _tried(look, home) for name, look in _LOOKS.items()}


def _tried(look: Callable[[Path], str], home: Path) -> Setup:
    try:
        return {"ok": True, "state": look(home)}
    except RemoteMediaError as error:
        return {"ok": False, "state": f"{error.message} ({error.code})"}


def _configuration(_: Path) -> str:
    from dataclasses import asdict

    from remotemedia.runtime._config import Configuration

    set_ = [name for name, value in asdict(Configuration.load(os.environ)).items() if value]
    return ", ".join(set_) or "nothing is set"


def _policy(home: Path) -> str:
    from remotemedia.runtime._trust import load_policy

    policy = load_policy(home)
    return "none: keyring and mode decide" if policy.source is None else _counted(len(policy.rules), "rule")


def _keys(home: Path) -> str:
    from remotemedia.trust import DEFAULT_NAME, KeyStore

    entries = KeyStore(home).list()
    own = [it for it in entries if it.own]
    default = next((f" (`{it.name}` {it.fingerprint})" for it in own if it.name == DEFAULT_NAME), "")
    return f"{len(own)} own{default}, {len(entries) - len(own)} trusted"


def _approvals(home: Path) -> str:
    from remotemedia.runtime._approvals import Approvals

    return _counted(len(Approvals(home).all()), "package")


def _logins(_: Path) -> str:
    from remotemedia.registry import known_logins

    return ", ".join(known_logins(os.environ)) or "none"


def _cache(home: Path) -> str:
    from remotemedia.registry import Cache

    cache = Cache(home)
    return f"{_counted(len(cache.list()), 'package')}, {size(cache.size())}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


_LOOKS: Final[dict[str, Callable[[Path], str]]] = {
    "config": _configuration,
    "policy": _policy,
    "keys": _keys,
    "approvals": _approvals,
    "logins": _logins,
    "cache": _cache,
}
