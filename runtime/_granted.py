"""What a run may use: by its command line, by approvals of before, by policy, and by the mode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from remotemedia.runtime._approvals import Approvals
from remotemedia.runtime._grants import Grants, package_of
from remotemedia.trust import Mode

if TYPE_CHECKING:
    from remotemedia.runtime._choice import NodeChoice
    from remotemedia.runtime._nested import NestedPackage
    from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["granted"]

_CONNECTION = "net="


def granted(
    package: ResolvedPackage,
    words: tuple[str, ...],
    home: Path,
    *,
    choices: Iterable[NodeChoice] = (),
    nested: Mapping[str, NestedPackage] = MappingProxyType({}),
) -> tuple[Grants, tuple[str, ...]]:
    """Return what the nodes of a run may use, and a sentence for whatever was not said on its command line.

    Args:
        package: the outermost.
        words: of the command line.
        home: where approvals are kept.
        choices: the nodes, for the connections that development grants by itself.
        nested: the packages that nodes are.

    Raises:
        TrustError: RM508, the approvals cannot be used.
    """
    packages: dict[str | None, ResolvedPackage] = {None: package, **{name: it.package for name, it in nested.items()}}
    approvals = Approvals(home)
    given = Grants.parse(words)
    notices = []
    sources = (
        ("granted as approved before", {name: approvals.of(it.digest) for name, it in packages.items()}),
        ("granted by policy", {name: it.rule.grants if it.rule else () for name, it in packages.items()}),
        ("granted in development, where the signer is trusted", _connections(choices, packages)),
    )
    for why, by_package in sources:
        found = Grants()
        for name, its in by_package.items():
            grants = Grants.parse(its)
            found += grants if name is None else grants.within(name)
        if found.given:
            notices.append(f"{why}: {', '.join(found.words())}")
        given += found
    return given.among(nested), tuple(notices)


def _connections(
    choices: Iterable[NodeChoice], packages: Mapping[str | None, ResolvedPackage]
) -> dict[str | None, tuple[str, ...]]:
    """The connections that nodes want, of packages that somebody trusted signed; production grants none by itself."""
    nested = [name for name in packages if name is not None]
    found: dict[str | None, tuple[str, ...]] = {}
    for choice in choices:
        name = package_of(choice.id, nested)
        package = packages[name]
        if package.mode is Mode.DEVELOPMENT and package.verdict.status == "trusted":
            inner = choice.id if name is None else choice.id.removeprefix(f"{name}/")
            wants = tuple(f"{inner}:{want}" for want in choice.wants if want.startswith(_CONNECTION))
            found[name] = (*found.get(name, ()), *wants)
    return found
