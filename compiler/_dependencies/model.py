"""The facts about what a program depends on, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Dependencies", "Dependency", "Distribution", "Hashes", "Lack", "Needs", "VendoredFile"]


@dataclass(frozen=True)
class Hashes:
    """By what a distribution can be known again.

    Attributes:
        source: the lock file that states them; `record` where there is none: then it is one digest over the installed
            files, as the distribution's RECORD lists them.
        sha256: hex, sorted; of a lock file, one for each archive that it allows.
    """

    source: str
    sha256: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as it stands in `meta/`."""
        return {"source": self.source, "sha256": list(self.sha256)}


@dataclass(frozen=True)
class Distribution:
    """A distribution that a program needs, itself or through another.

    Attributes:
        name: normalised (packaging.python.org, "Name normalization").
        version: as installed, else as locked.
        license: an SPDX expression where its author states one, else what its metadata says; None if that is nothing.
        hashes: None if neither a lock file nor a RECORD states any.
        extras: those that the project or another distribution asks for, sorted.
        requires: names of the distributions that it needs here, sorted.
        native: its extension modules, dotted, sorted; programs of a distribution that is nothing but programs.
        installed: whether it was found in the running environment.
    """

    name: str
    version: str
    license: str | None = None
    hashes: Hashes | None = None
    extras: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    native: tuple[str, ...] = ()
    installed: bool = True


@dataclass(frozen=True)
class Dependency:
    """A name from outside the project and the standard library that sources import.

    Attributes:
        name: the top-level name; of a namespace package, as much of it as one distribution owns.
        optional: whether the sources cope without it.
        importers: paths of the sources that import it, sorted.
        distributions: names of those that provide it, sorted; none if it is optional and not there.
    """

    name: str
    optional: bool
    importers: tuple[str, ...]
    distributions: tuple[str, ...]


@dataclass(frozen=True)
class VendoredFile:
    """A file of a distribution that travels with the program.

    Attributes:
        distribution: normalised name.
        path: in the distribution, posix: `packaging/version.py`.
        location: absolute.
        sha256: hex, as installed.
        size: bytes.
    """

    distribution: str
    path: str
    location: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Lack:
    """Something that a class needs and the sandbox does not have.

    Attributes:
        module: what is imported, dotted.
        why: why the sandbox does not have it, a clause.
        via: the modules of distributions through which it is reached, the one that the project imports first.
        is_installed: whether it is there to be judged.
    """

    module: str
    why: str
    via: tuple[str, ...] = ()
    is_installed: bool = True


@dataclass(frozen=True)
class Needs:
    """What the code of one class needs.

    Attributes:
        lacks: what keeps it out of the sandbox.
        distributions: names of those whose modules it loads, sorted.
    """

    lacks: tuple[Lack, ...] = ()
    distributions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dependencies:
    """All that is known of what a program depends on.

    Attributes:
        imports: by name.
        distributions: by name, those that others need included.
        vendored: files of distributions that the sandbox needs, by path.
        needs: of each class and function of the project that nodes name, by its name, `module:qualname`.
    """

    imports: tuple[Dependency, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    vendored: tuple[VendoredFile, ...] = ()
    needs: Mapping[str, Needs] = field(default_factory=dict)

    def needs_of(self, names: Iterable[str]) -> Needs:
        """Return what some classes and functions need together; a member of an enumeration needs what that does."""
        found = [self.needs.get(name) or self.needs.get(name.rpartition(".")[0]) or Needs() for name in names]
        lacks = dict.fromkeys(lack for needs in found for lack in needs.lacks)
        return Needs(tuple(lacks), tuple(sorted({name for needs in found for name in needs.distributions})))
