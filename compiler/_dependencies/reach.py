"""What the sandbox would have to load for an import of a distribution, and what of it the sandbox does not have."""

from __future__ import annotations

import warnings
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._dependencies.model import Lack, Needs
from remotemedia.compiler._dependencies.module_imports import module_imports
from remotemedia.compiler._watch import saw
from remotemedia.compiler.sandbox import absence, is_standard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia.compiler._dependencies.installed import Environment, Installed
    from remotemedia.compiler._dependencies.module_imports import ModuleImport

__all__ = ["Reach"]

_MAX_MODULES: Final = 2000
_MAX_BYTES: Final = 4 << 20


class Reach:
    """Follows imports through installed distributions; each module is read once."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._imports: dict[str, tuple[ModuleImport, ...] | Lack] = {}

    def of(self, names: Iterable[str]) -> Needs:
        """Return what it takes to import some modules; of what is lacking, the first that is found for each.

        Args:
            names: dotted. A last part that is no module is taken for a name in one.
        """
        lacks: list[Lack] = []
        distributions: set[str] = set()
        for name in names:
            lack = self._follow(name, distributions)
            if lack is not None and lack.module not in {it.module for it in lacks}:
                lacks.append(lack)
        return Needs(tuple(lacks), tuple(sorted(distributions)))

    def _follow(self, first: str, distributions: set[str]) -> Lack | None:
        """Add the distributions that an import loads, breadth first, up to the first module that is lacking."""
        waiting: deque[tuple[str, tuple[str, ...]]] = deque([(first, ())])
        seen: set[str] = set()
        while waiting:
            name, via = waiting.popleft()
            for module in _with_parents(name):
                if module in seen:
                    continue
                seen.add(module)
                found = self._load(module, is_whole=module == name)
                distributions |= {owner.name for owner in self._owners(module) if owner.has_file(module)}
                if isinstance(found, Lack):
                    return replace(found, via=via)
                waiting.extend((needed, (*via, module)) for needed in _needed(found))
            if len(seen) > _MAX_MODULES:
                return Lack(name, f"it takes more than {_MAX_MODULES} modules", via)
        return None

    def _load(self, module: str, *, is_whole: bool) -> tuple[ModuleImport, ...] | Lack:
        """Return what a module imports, or why it cannot be loaded."""
        if module not in self._imports:
            self._imports[module] = self._examine(module, is_whole=is_whole)
        return self._imports[module]

    def _examine(self, module: str, *, is_whole: bool) -> tuple[ModuleImport, ...] | Lack:
        top = module.partition(".")[0]
        if top == "remotemedia":
            return ()
        if is_standard(top):
            why = absence(module)
            return () if why is None else Lack(module, why)
        owners = self._owners(module)
        for owner in owners:
            path = owner.source_of(module)
            if path is not None:
                return _read(owner, path, module)
        return _unreadable(module, owners, is_whole=is_whole)

    def _owners(self, module: str) -> tuple[Installed, ...]:
        return self._environment.owners(module)[1]


def _unreadable(module: str, owners: tuple[Installed, ...], *, is_whole: bool) -> tuple[ModuleImport, ...] | Lack:
    """Return why a module without a source cannot be loaded, if it is one."""
    if not owners:
        return Lack(module, "it is not installed", is_installed=False)
    native = next((owner for owner in owners if owner.extension_of(module)), None)
    if native is not None:
        return Lack(module, f"it is native code of `{native.name}` {native.version}")
    if not owners[0].files or owners[0].is_editable:
        return Lack(module, f"`{owners[0].name}` does not say which files it has")
    # Neither file nor directory: a name in the package above, or part of a namespace.
    return () if is_whole or owners[0].has_module(module) else Lack(module, f"`{owners[0].name}` has no such module")


def _read(owner: Installed, path: str, module: str) -> tuple[ModuleImport, ...] | Lack:
    location = owner.locate(path)
    saw(location)
    try:
        with location.open("rb") as file:
            source = file.read(_MAX_BYTES + 1)
        if len(source) > _MAX_BYTES:
            return Lack(module, f"its source is larger than {_MAX_BYTES} bytes")
        with warnings.catch_warnings(action="ignore"):  # of escapes in strings: they are not this program's
            return tuple(module_imports(source, module, is_package=path.endswith("/__init__.py")))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Lack(module, f"`{path}` of `{owner.name}` cannot be read: {type(error).__name__}")


def _needed(imports: Iterable[ModuleImport]) -> Iterable[str]:
    for found in imports:
        yield found.name
        if not is_standard(found.name.partition(".")[0]):
            yield from (f"{found.name}.{member}" for member in found.members if member != "*")
        else:
            yield from (f"{found.name}.{member}" for member in found.members if absence(f"{found.name}.{member}"))


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]
