"""Where packages are, as policies write it: one text for each place, whoever names it and however.

place_of(Reference.parse("oci://Registry.example:443/team/a"))   # "oci://registry.example/team/a:latest"
patterns_of(("oci://Registry.example/team/**", "/srv/current/*.rmpkg"))
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from remotemedia.registry import Reference, Scheme, canonical_host

__all__ = ["patterns_of", "place_of"]

_LAYOUT: Final = "oci-layout:"
_REGISTRY: Final = "oci://"


def place_of(reference: Reference) -> str | None:
    """Return the text that a policy's patterns are for: canonical, and with the real path of a file or directory.

    None for a digest of the cache, which is no place.
    """
    if reference.scheme is Scheme.CACHE:
        return None
    if reference.scheme is Scheme.FILE:
        return os.path.realpath(reference.path)
    if reference.scheme is Scheme.LAYOUT:
        return str(replace(reference, path=os.path.realpath(reference.path)))
    return reference.canonical


def patterns_of(written: Iterable[str]) -> tuple[str, ...]:
    """Return patterns for texts of `place_of`, as far as they name hosts and directories and not yet patterns of such.

    Hosts come as they are with https and with http, where these differ in the port that goes without saying.
    """
    return tuple(pattern for it in written for pattern in sorted(_spelled(it)))


def _spelled(pattern: str) -> set[str]:
    if not pattern.startswith(_REGISTRY):
        return {_resolved(pattern)}
    host, slash, rest = pattern.removeprefix(_REGISTRY).partition("/")
    hosts = {host.lower()}
    if "*" not in host:
        with suppress(ValueError):  # a host that there cannot be is that of no package
            hosts = {canonical_host(host, plain_http=it) for it in (False, True)}
    return {f"{_REGISTRY}{it}{slash}{rest}" for it in hosts}


def _resolved(pattern: str) -> str:
    """Follow links in a pattern for files or layouts, up to its first star."""
    head, star, tail = pattern.partition("*")
    kind = _LAYOUT if head.startswith(_LAYOUT) else ""
    path = head.removeprefix(kind)
    if not path.startswith("/"):
        return pattern
    directory, slash, name = path.rpartition("/")
    if kind and ":" in name:
        path, colon, name = path.rpartition(":")
        return f"{kind}{os.path.realpath(path)}{colon}{name}{star}{tail}"
    if star:
        return f"{kind}{os.path.realpath(directory or '/').rstrip('/')}{slash}{name}{star}{tail}"
    return f"{kind}{os.path.realpath(path)}"
