"""Grants: what a user lets nodes use beyond their sandboxes.

grants = Grants.parse(["read=/data", "Spectrum:python"])
grants.of("Spectrum")  # ("read=/data", "python")
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from remotemedia.errors import UsageError

__all__ = ["FORMS", "Grant", "Grants", "package_of"]

FORMS: Final = (
    "`program`, `python`, `host`, `native`, `net=HOST:PORT`, `read=DIR`, `write=DIR`, `write=DIR:QUOTA` "
    "or `device=NAME`"
)

_PLAIN: Final = frozenset({"program", "python", "host", "native"})
_ADDRESS: Final = re.compile(r"((?:\[[^\s\x00-\x1f\x7f-\x9f]+\])|[^:/@\[\]\s\x00-\x1f\x7f-\x9f]+):([0-9]{1,5})")
_DEVICE: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
_QUOTA: Final = re.compile(r"(.*):([0-9]{1,15})([KMG]?)", re.DOTALL)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_MAX_PORT: Final = 65535


@dataclass(frozen=True)
class Grant:
    """One thing that a node may use; `testdata/grants.json` has cases that the executor reads too.

    Attributes:
        kind: `program`, `python`, `host`, `native`, `net`, `read`, `write` or `device`.
        value: the address, directory or device; empty for the first four.
        quota: of `write`, in bytes.
    """

    kind: str
    value: str = ""
    quota: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a grant.

        Raises:
            ValueError: it is none.
        """
        kind, equals, value = text.partition("=")
        if not equals and kind in _PLAIN:
            return cls(kind)
        if kind == "net" and (found := _ADDRESS.fullmatch(value)) and 0 < int(found[2]) <= _MAX_PORT:
            return cls(kind, f"{_lower(found[1])}:{int(found[2])}")
        if kind == "write" and (found := _QUOTA.fullmatch(value)):
            return cls(kind, _directory(found[1]), int(found[2]) * _UNITS[found[3]])
        if equals and kind in {"read", "write"}:
            return cls(kind, _directory(value))
        if kind == "device" and _DEVICE.fullmatch(value):
            return cls(kind, value)
        raise ValueError(f"expected {FORMS}, got `{text}`")

    def covers(self, wanted: Grant) -> bool:
        """Return whether who has this may do what `wanted` asks for."""
        if self.kind == "host" and wanted.kind == "python":
            return True
        if self.kind != wanted.kind or self.kind not in {"read", "write"}:
            return self == wanted
        fits = self.quota is None or (wanted.quota is not None and wanted.quota <= self.quota)
        return fits and _contains(self.value, wanted.value)

    def absolute(self) -> Grant:
        """Return it with a directory that does not depend on where the process runs."""
        if self.kind not in {"read", "write"}:
            return self
        return Grant(self.kind, os.path.abspath(self.value), self.quota)  # noqa: PTH100 - links stay, `..` goes

    def __str__(self) -> str:
        """Return the form in which it is given."""
        quota = "" if self.quota is None else f":{self.quota}"
        return f"{self.kind}={self.value}{quota}" if self.value else self.kind


@dataclass(frozen=True)
class Grants:
    """What was granted to all nodes, under None, and to single ones.

    Attributes:
        given: node id, or None, and grant.
        packages: ids of nodes that are packages; what one is granted, all nodes in it are, and what is granted to all
            is granted to none in it.
    """

    given: tuple[tuple[str | None, Grant], ...] = ()
    packages: tuple[str, ...] = ()

    @classmethod
    def parse(cls, words: Iterable[str]) -> Self:
        """Read `[NODE:]GRANT` words; directories become absolute.

        Raises:
            UsageError: RM701, one is no grant.
        """
        return cls(tuple(dict.fromkeys(_word(word) for word in words)))

    def of(self, node: str) -> tuple[str, ...]:
        """Return what one node gets: what was granted to all, and to it."""
        return tuple(dict.fromkeys(str(grant) for grant in self._of(node)))

    def missing(self, node: str, wants: Iterable[str]) -> tuple[str, ...]:
        """Return what a node wants and was not granted."""
        given = tuple(self._of(node))
        return tuple(want for want in wants if not any(it.covers(Grant.parse(want)) for it in given))

    def check_nodes(self, known: Iterable[str]) -> None:
        """Refuse a grant to a node that is not there.

        Raises:
            UsageError: RM701.
        """
        ids = list(known)
        for node, grant in self.given:
            if node is not None and node not in ids:
                listed = ", ".join(f"`{it}`" for it in ids)
                message = f"expected one of the nodes {listed} to be granted `{grant}`, got `{node}`"
                raise UsageError(message, code="RM701")

    def among(self, packages: Iterable[str]) -> Grants:
        """Return the same where these nodes are packages."""
        return Grants(self.given, tuple(packages))

    def within(self, package: str) -> Grants:
        """Return the same of a package that is a node: what it gives to all, it gives to all of that package."""
        return Grants(tuple((package if it is None else f"{package}/{it}", grant) for it, grant in self.given))

    def words(self) -> tuple[str, ...]:
        """Return them as they are written."""
        return tuple(str(grant) if node is None else f"{node}:{grant}" for node, grant in self.given)

    def __add__(self, other: Grants) -> Grants:
        """Return what either gives."""
        return Grants(
            tuple(dict.fromkeys((*self.given, *other.given))),
            tuple(dict.fromkeys((*self.packages, *other.packages))),
        )

    def _of(self, node: str) -> Iterable[Grant]:
        whole = package_of(node, self.packages)
        return (grant for whom, grant in self.given if whom in {whole, node})


def package_of(node: str, packages: Iterable[str]) -> str | None:
    """Return which of the nodes that are packages a node stands in; None for a node of the outermost package."""
    return max((it for it in packages if node.startswith(f"{it}/")), key=len, default=None)


def _word(word: str) -> tuple[str | None, Grant]:
    """A grant, and the node that stands before it; ids may hold colons, names of kinds do not."""
    head, equals, value = word.partition("=")
    node, colon, kind = head.rpartition(":")
    try:
        return node if colon else None, Grant.parse(f"{kind}{equals}{value}").absolute()
    except ValueError as error:
        raise UsageError(
            f"expected a grant {FORMS}, got `{word}`", code="RM701", hint="`NODE:GRANT` grants it to one node"
        ) from error


def _directory(text: str) -> str:
    if not text or _CONTROL.search(text):
        raise ValueError(f"expected a directory, got {text!r}")
    return text


def _contains(outer: str, inner: str) -> bool:
    """Return whether a directory lies in another, by name; relative ones are relative to where this process runs."""
    parts = [os.path.join(os.getcwd(), path).split("/") for path in (outer, inner)]  # noqa: PTH109, PTH118 - `..` stays
    if any(".." in it for it in parts):
        return outer == inner
    holder, held = ([part for part in it if part not in {"", "."}] for it in parts)
    return held[: len(holder)] == holder


def _lower(text: str) -> str:
    """ASCII letters alone: what else a host has, its registry judges."""
    return "".join(character.lower() if character.isascii() else character for character in text)
