"""Which installed distributions the imports of a pipeline come from."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from remotemedia.compiler import Import

_ALWAYS_THERE = sys.stdlib_module_names | {"remotemedia"}
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, order=True)
class Distribution:
    """An installed distribution.

    Attributes:
        name: normalised (packaging.python.org, "Name normalization").
        version: as installed.
    """

    name: str
    version: str

    def to_json(self) -> dict[str, Any]:
        """As it stands in `meta/`."""
        return {"name": self.name, "version": self.version}


@dataclass(frozen=True)
class Dependency:
    """A top-level name that the sources import, and what provides it.

    Attributes:
        name: the name imported.
        optional: whether the sources cope without it.
        importers: the modules that import it.
        distributions: what provides it here; several for a namespace package, none if it is not installed.
    """

    name: str
    optional: bool
    importers: tuple[str, ...]
    distributions: tuple[Distribution, ...]

    def to_json(self) -> dict[str, Any]:
        """As it stands in `meta/runtime.json`."""
        return {
            "import": self.name,
            "optional": self.optional,
            "importers": list(self.importers),
            "distributions": [distribution.to_json() for distribution in self.distributions],
        }


def find_dependencies(imports: Iterable[Import]) -> tuple[Dependency, ...]:
    """Looks the imports up in the running environment; the standard library and `remotemedia` are no dependencies."""
    foreign = sorted((found for found in imports if found.name not in _ALWAYS_THERE), key=lambda found: found.name)
    if not foreign:
        return ()
    providers = metadata.packages_distributions()
    return tuple(
        Dependency(
            name=found.name,
            optional=found.optional,
            importers=tuple(sorted(found.importers)),
            # An editable install lists no files; there the distribution has most often the module's name.
            distributions=_installed(providers.get(found.name, [found.name])),
        )
        for found in foreign
    )


def _installed(names: Iterable[str]) -> tuple[Distribution, ...]:
    found = set()
    for name in names:
        try:
            version = metadata.version(name) if name else ""
        except metadata.PackageNotFoundError:
            continue
        # What an interrupted uninstallation leaves behind has neither name nor version.
        if version:
            found.add(Distribution(_SEPARATORS.sub("-", name).lower(), version))
    return tuple(sorted(found))
