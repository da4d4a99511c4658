"""From what sources import to the distributions that provide it, with what is to be said about them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from remotemedia.compiler._dependencies.declared import read_declarations
from remotemedia.compiler._dependencies.foreign import foreign_imports
from remotemedia.compiler._dependencies.installed import Environment
from remotemedia.compiler._dependencies.model import Dependency
from remotemedia.compiler._dependencies.required import close_over
from remotemedia.compiler._dependencies.versions import check_script, check_version
from remotemedia.compiler._dependencies.well_known import WELL_KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia.compiler._dependencies.declared import Declarations
    from remotemedia.compiler._dependencies.model import Distribution
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._imports import Closure, ImportUse
    from remotemedia.compiler._modules import Modules

__all__ = ["Collected", "collect"]

_NEAR: Final = 3


@dataclass(frozen=True)
class Collected:
    """What the imports of a program come from.

    Attributes:
        environment: the installed distributions.
        declarations: what the project declares and locks.
        imports: by name.
    """

    environment: Environment
    declarations: Declarations
    imports: tuple[Dependency, ...]

    def close_over(self, more: Iterable[str]) -> tuple[Distribution, ...]:
        """Return the distributions that are imported, with some more, and all that these need, by name."""
        roots = {name for it in self.imports for name in it.distributions} | set(more)
        return close_over(sorted(roots), self.environment, self.declarations)


@dataclass
class _Found:
    owners: tuple[str, ...]
    uses: list[tuple[str, ImportUse]] = field(default_factory=list)

    @property
    def optional(self) -> bool:
        return all(_copes(use) for _, use in self.uses)


def collect(closure: Closure, modules: Modules, findings: Findings) -> Collected:
    """Look up every import that leads out of the project, the standard library and `remotemedia`.

    Among the findings are imports that belong to nothing (RM130), versions that disagree (RM131), requirements that
    are not met (RM132) and files with requirements that cannot be read (RM133).
    """
    environment = Environment()
    entry = closure.sources[0]
    declarations = read_declarations(entry, modules.project.root, findings)
    found: dict[str, _Found] = {}
    for importer, use in foreign_imports(closure):
        name, owners = _look_up(use, environment, declarations)
        found.setdefault(name, _Found(owners)).uses.append((importer, use))
    for name in sorted(found):
        if not found[name].owners and not found[name].optional:
            _belongs_to_nothing(name, found[name], environment, modules, findings)
    for name in sorted(found):
        place = next((use.place for _, use in found[name].uses if not _copes(use)), found[name].uses[0][1].place)
        for owner in found[name].owners:
            check_version(owner, place, environment, declarations, findings, optional=found[name].optional)
    check_script(declarations, environment, findings)
    imports = tuple(
        Dependency(name, it.optional, tuple(sorted({importer for importer, _ in it.uses})), it.owners)
        for name, it in sorted(found.items())
    )
    return Collected(environment, declarations, imports)


def _copes(use: ImportUse) -> bool:
    """Return whether a package runs without what is imported: there is a fallback, or it never gets there."""
    return use.optional or use.is_main


def _look_up(use: ImportUse, environment: Environment, declarations: Declarations) -> tuple[str, tuple[str, ...]]:
    """Return the name that counts as imported, and the distributions that provide it."""
    dotted = use.name or ""
    found: dict[str, tuple[str, ...]] = {}
    for name in (f"{dotted}.{member}" for member in use.members) if use.members else (dotted,):
        known, owners = environment.owners(name)
        if owners:
            found[known] = tuple(sorted(owner.name for owner in owners))
    if found:
        return min(found), tuple(sorted({owner for owners in found.values() for owner in owners}))
    for name in _spellings(dotted):
        guess = WELL_KNOWN.get(name, canonicalize_name(name))
        if declarations.of(guess) or declarations.lock_of(guess):
            return name, (guess,)
    return dotted.partition(".")[0], ()


def _spellings(dotted: str) -> Iterable[str]:
    """Give the names that may be a distribution's, the longest first: `google.cloud.storage`, then `google.cloud`."""
    parts = dotted.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _belongs_to_nothing(
    name: str, found: _Found, environment: Environment, modules: Modules, findings: Findings
) -> None:
    known = WELL_KNOWN.get(name)
    if known is not None:
        help_ = f"install `{known}`, which has it"
    else:
        near = difflib.get_close_matches(name, [*modules.names(), *environment.names()], _NEAR, cutoff=0.75)
        listed = ", ".join(f"`{it}`" for it in near)
        help_ = f"did you mean {listed}?" if near else "install what has it, or import it in a `try` that copes without"
    for _, use in found.uses:
        if not _copes(use):
            message = f"`{name}` belongs neither to the project nor to an installed or locked distribution"
            findings.add("RM130", message, use.place, "imported here", help=help_)
