"""The distributions that some distributions need, closed over, with their facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from remotemedia.compiler._dependencies.model import Distribution, Hashes
from remotemedia.compiler._dependencies.stated import applies
from remotemedia.compiler._watch import saw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

    from remotemedia.compiler._dependencies.declared import Declarations
    from remotemedia.compiler._dependencies.installed import Environment, Installed
    from remotemedia.compiler._dependencies.locks import Locked

__all__ = ["close_over"]

_MAX_DISTRIBUTIONS: Final = 2000


def close_over(roots: Iterable[str], environment: Environment, declarations: Declarations) -> tuple[Distribution, ...]:
    """Return distributions and all that they require here, by name.

    Markers are evaluated for this environment; extras count where the project or another distribution asks for them.
    What is required but neither installed nor locked is left out: an installer has chosen so, or will complain.
    """
    extras: dict[str, set[str]] = {}
    requires: dict[str, set[str]] = {}
    waiting = [(name, frozenset(declarations.extras_of(name))) for name in roots]
    while waiting and len(extras) < _MAX_DISTRIBUTIONS:
        name, wanted = waiting.pop()
        if name in extras and wanted <= extras[name]:
            continue
        extras[name] = extras.get(name, set()) | wanted
        needed = _needed(environment.named(name), declarations.lock_of(name), extras[name])
        present = {it: more for it, more in needed.items() if environment.named(it) or declarations.lock_of(it)}
        requires[name] = requires.get(name, set()) | present.keys()
        waiting.extend((it, frozenset(more | set(declarations.extras_of(it)))) for it, more in present.items())
    return tuple(
        _facts(name, environment.named(name), declarations, extras[name], requires[name]) for name in sorted(extras)
    )


def _needed(installed: Installed | None, locked: Locked | None, extras: set[str]) -> dict[str, set[str]]:
    """Return the distributions that one requires, with the extras that it wants of each."""
    if installed is None:
        return {name: set() for name in (locked.requires if locked else ())}
    found: dict[str, set[str]] = {}
    for requirement in installed.requirements:
        if _applies(requirement, extras):
            wanted = found.setdefault(canonicalize_name(requirement.name), set())
            wanted |= {canonicalize_name(extra) for extra in requirement.extras}
    return found


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    try:
        return applies(requirement, extras)
    except ValueError:  # installers do not get further either
        return False


def _facts(
    name: str, installed: Installed | None, declarations: Declarations, extras: set[str], requires: set[str]
) -> Distribution:
    version = installed.version if installed else None
    locked = declarations.lock_of(name, version)
    stated = Hashes(locked.file, locked.sha256) if locked and locked.sha256 else None
    if installed is None:
        return Distribution(
            name,
            locked.version if locked else "",
            hashes=stated,
            extras=tuple(sorted(extras)),
            requires=tuple(sorted(requires)),
            installed=False,
        )
    for path in installed.metadata_files:
        saw(path)
    agrees = locked is not None and locked.version == installed.version
    return Distribution(
        name,
        installed.version,
        license=installed.license,
        hashes=stated if agrees and stated else installed.hashes,
        extras=tuple(sorted(extras)),
        requires=tuple(sorted(requires)),
        native=installed.native,
    )
