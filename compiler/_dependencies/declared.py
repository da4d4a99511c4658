"""What a project declares that it requires, and what it has locked.

Read are the inline metadata of the pipeline's file (PEP 723) and, in the project's directory, `pyproject.toml`,
`requirements*.txt`, `uv.lock` and `pylock*.toml` (PEP 751). The project's directory is the root (see `Project`), and
the directory above a root that is called `src`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from remotemedia.compiler._dependencies.files import Broken, TextFile, read_text
from remotemedia.compiler._dependencies.inline_script import read_inline
from remotemedia.compiler._dependencies.locks import Locked, read_pylock, read_uv_lock
from remotemedia.compiler._dependencies.pyproject import read_pyproject
from remotemedia.compiler._dependencies.requirements_txt import read_requirements
from remotemedia.compiler._dependencies.stated import Declared
from remotemedia.compiler._watch import saw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._source import Source

__all__ = ["Declarations", "read_declarations"]

_MAX_REQUIREMENT_FILES: Final = 16


@dataclass(frozen=True)
class Declarations:
    """What a project says of its dependencies.

    Attributes:
        declared: requirements, those of the pipeline's own file first.
        locked: by normalised name, those of the strongest statement first: `pylock.toml`, `uv.lock`, hashed pins.
    """

    declared: tuple[Declared, ...] = ()
    locked: Mapping[str, tuple[Locked, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, name: str) -> tuple[Declared, ...]:
        """Return the requirements of a distribution that hold in this environment."""
        return tuple(it for it in self.declared if canonicalize_name(it.requirement.name) == name and it.applies())

    def lock_of(self, name: str, version: str | None = None) -> Locked | None:
        """Return what is locked of a distribution: this version if it is one of several, else the first."""
        entries = self.locked.get(name, ())
        return next((it for it in entries if it.version == version), entries[0] if entries else None)

    def extras_of(self, name: str) -> tuple[str, ...]:
        """Return the extras of a distribution that the project asks for."""
        return tuple(sorted({canonicalize_name(extra) for it in self.of(name) for extra in it.requirement.extras}))


def read_declarations(entry: Source, root: Path, findings: Findings) -> Declarations:
    """Read all that a project states; what cannot be read is among the findings (RM133)."""
    directory = root.parent if root.name == "src" else root
    saw(directory)
    declared: list[Declared] = []
    locked: list[Locked] = []

    def attempt(read: Callable[[], Iterable[Declared | Locked]]) -> None:
        try:
            for found in read():
                if isinstance(found, Declared):
                    declared.append(found)
                else:
                    locked.append(found)
        except Broken as broken:
            findings.extend(broken.error())

    attempt(lambda: read_inline(entry))
    for path, reader in _readers(directory):
        attempt(lambda path=path, reader=reader: reader(read_text(path, directory)))  # type: ignore[misc]  # bound now
    by_name: dict[str, tuple[Locked, ...]] = {}
    for found in locked:
        by_name[found.name] = (*by_name.get(found.name, ()), found)
    return Declarations(tuple(declared), by_name)


def _readers(directory: Path) -> Iterator[tuple[Path, Callable[[TextFile], Iterable[Declared | Locked]]]]:
    named = (("pylock*.toml", read_pylock), ("uv.lock", read_uv_lock), ("pyproject.toml", read_pyproject))
    for pattern, reader in named:
        yield from ((path, reader) for path in sorted(directory.glob(pattern))[:_MAX_REQUIREMENT_FILES])
    for path in sorted(directory.glob("requirements*.txt"))[:_MAX_REQUIREMENT_FILES]:
        yield path, read_requirements
