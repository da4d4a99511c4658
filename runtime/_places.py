"""Where packages are, as policies write it: one text for each place, whoever names it and however.

place_of(Reference.parse("oci://Registry.example:443/team/a"))   # "oci://registry.example/team/a:latest"
patterns_of(("oci://Registry.example/team/**", "/srv/current/*.rmpkg"))

A pattern that fits no such text is refused: a rule is closed, and one that is for nothing leaves open what it was for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from remotemedia.errors import RegistryError
from remotemedia.registry import Reference, Scheme, canonical_host

__all__ = ["UnfitPatternError", "patterns_of", "place_of"]

_LAYOUT: Final = "oci-layout:"
_REGISTRY: Final = "oci://"
_DIGEST: Final = "sha256:"
# What may stand before a pattern's first star behind the host, and what behind that star.
_NAMED: Final = re.compile(r"[a-z0-9._/-]*(?::[a-zA-Z0-9._-]*)?(?:@[a-f0-9sh:]*)?", re.ASCII)
_REST: Final = re.compile(r"[a-zA-Z0-9._/:@*\[\]-]*", re.ASCII)
_OF_DIGESTS: Final = re.compile(r"[a-f0-9sh:*]*", re.ASCII)


class UnfitPatternError(ValueError):
    """A pattern fits no place and no digest.

    Attributes:
        hint: what was probably meant.
    """

    def __init__(self, expected: str, pattern: str, hint: str) -> None:
        super().__init__(f"expected {expected}, got `{pattern}`")
        self.hint = hint


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

    Raises:
        UnfitPatternError: one is for nothing that there can be.
    """
    return tuple(pattern for it in written for pattern in sorted(_spelled(it)))


def _spelled(pattern: str) -> set[str]:
    if not pattern.startswith(_REGISTRY):
        _expect_elsewhere(pattern)
        return {_resolved(pattern)}
    _expect_in_registry(pattern)
    host, slash, rest = pattern.removeprefix(_REGISTRY).partition("/")
    head, star, tail = host.partition("**")
    if "*" in host:  # what follows a `**` need not be the host's any more
        hosts = {f"{head.lower()}{star}{it}" for it in (tail, tail.lower())}
    else:
        hosts = {canonical_host(host, plain_http=it) for it in (False, True)}
    return {f"{_REGISTRY}{it}{slash}{rest}" for it in hosts}


def _expect_elsewhere(pattern: str) -> None:
    """Refuse a pattern that is neither for absolute paths nor for digests."""
    if pattern.startswith(("**", "/", f"{_LAYOUT}/", f"{_LAYOUT}**")):
        return
    if pattern.startswith("*") and ("/" in pattern or _OF_DIGESTS.fullmatch(pattern)):
        return
    if pattern.startswith(_DIGEST) and _is_of_digests(pattern):
        return
    raise UnfitPatternError(
        "`oci://HOST/REPO:TAG`, `oci-layout:/DIR:TAG`, `/DIR/FILE` or `sha256:DIGEST`, with or without stars",
        pattern,
        _meant(pattern),
    )


def _is_of_digests(pattern: str) -> bool:
    if "*" in pattern:
        return _OF_DIGESTS.fullmatch(pattern) is not None
    return re.fullmatch(f"{_DIGEST}[0-9a-f]{{64}}", pattern) is not None


def _meant(pattern: str) -> str:
    first, slash, _ = pattern.partition("/")
    if "://" in pattern:
        return f"for a registry write `{_REGISTRY}{pattern.partition('://')[2]}`"
    if pattern.startswith(_LAYOUT):
        return f"directories are absolute: `{_LAYOUT}/DIR/{pattern.removeprefix(_LAYOUT)}`"
    if pattern.startswith(_DIGEST):
        return "a digest has 64 hexadecimal digits, `0-9 a-f`"
    if slash and re.search(r"\w[.:]\w", first) and not pattern.endswith(".rmpkg"):
        return f"for a registry write `{_REGISTRY}{pattern}`"
    return f"paths are absolute: `/DIR/{pattern.removeprefix('./')}`; `**/{pattern.removeprefix('./')}` is for any"


def _expect_in_registry(pattern: str) -> None:
    """Refuse a pattern that is for no place in any registry, by what it says before its first star."""
    host, slash, named = pattern.removeprefix(_REGISTRY).partition("/")
    if "*" in host:
        if not _REST.fullmatch(host + slash + named) or not (slash or "**" in host):
            raise UnfitPatternError("a host and a repository behind `oci://`", pattern, "`oci://**` is every registry")
        return
    if not slash:
        raise UnfitPatternError("a repository behind the host", pattern, f"`{pattern}/**` is all of the registry")
    try:  # of what has no star all is known, else the host
        found = Reference.parse(f"{_REGISTRY}{host}/x" if "*" in named else pattern)
    except RegistryError as error:
        expected = error.message.partition(", got ")[0].removeprefix("expected ")
        raise UnfitPatternError(expected, pattern, error.hint or "") from error
    head, star, rest = named.partition("*")
    if not _NAMED.fullmatch(head) or not _REST.fullmatch(rest):
        lower = f"{_REGISTRY}{host}/{named.lower()}"
        raise UnfitPatternError("a repository (`a-z 0-9 . _ - /`) behind the host", pattern, f"perhaps `{lower}`")
    if found.path.startswith("library/") and "/" not in named and "**" not in named:
        whole = f"{_REGISTRY}{host}/library/{named}"
        raise UnfitPatternError("all of the repository's name", pattern, f"its place is `{whole}`")
    if not star and found.tag is None and found.digest is None:
        hint = f'`["{pattern}:*", "{pattern}@*"]` is all of the repository'
        raise UnfitPatternError("a tag or a digest behind the repository, as its place has one", pattern, hint)


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
