"""Which files of installed distributions travel with a program, so that the sandbox can import them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._dependencies.model import VendoredFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remotemedia.compiler._dependencies.installed import Environment, Installed
    from remotemedia.compiler._dependencies.model import Distribution

__all__ = ["MAX_VENDORED_BYTES", "MAX_VENDORED_FILES", "room_for", "to_vendor", "vendor"]

MAX_VENDORED_BYTES: Final = 8 << 20
"""Bytes of all files that travel; the readers of packages take twice that."""

MAX_VENDORED_FILES: Final = 2500
"""Files that travel; the readers of packages take 4096 with the project's own."""

_NATIVE: Final = re.compile(r"\.(?:so(?:\.\d+)*|pyd|dll|dylib|a|lib)$")
_LEFT_OUT: Final = re.compile(
    r"(?:^|/)(?:tests?|testing|__pycache__)/|\.(?:pyi|pyc|pth|pxd|pyx|c|h|cpp|hpp)$|(?:^|/)py\.typed$"
)
_LICENCE: Final = re.compile(r"LICEN[CS]E|COPYING|NOTICE|AUTHORS", re.IGNORECASE)
_METADATA: Final = frozenset({"METADATA", "entry_points.txt"})


def vendor(names: Iterable[str], environment: Environment) -> tuple[VendoredFile, ...]:
    """Return the files of some distributions, by path; of two with one path, the first distribution's.

    Native code, tests, stubs and programs stay behind, licences and metadata come along.
    """
    found: dict[str, VendoredFile] = {}
    for name in sorted(names):
        installed = environment.named(name)
        if installed is not None:
            for file in _files(installed):
                found.setdefault(file.path, file)
    return tuple(found[path] for path in sorted(found))


def to_vendor(reached: Iterable[str], distributions: Iterable[Distribution]) -> set[str]:
    """Return the distributions that travel: those that are loaded, and of what these require all that is pure Python.

    What is required is often imported late, inside a function.
    """
    by_name = {it.name: it for it in distributions}
    found: set[str] = set()
    waiting = list(reached)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            required = by_name[name].requires if name in by_name else ()
            waiting.extend(it for it in required if it in by_name and not by_name[it].native)
    return found


def room_for(files: Iterable[VendoredFile]) -> str | None:
    """Return why so many files cannot travel; None if they can."""
    sizes = [file.size for file in files]
    if len(sizes) > MAX_VENDORED_FILES:
        return f"expected at most {MAX_VENDORED_FILES} files, got {len(sizes)}"
    if sum(sizes) > MAX_VENDORED_BYTES:
        return f"expected at most {MAX_VENDORED_BYTES >> 20} MiB, got {sum(sizes) / (1 << 20):.0f}"
    return None


def _files(installed: Installed) -> Iterator[VendoredFile]:
    for path, file in installed.files.items():
        if not _travels(path):
            continue
        location = installed.locate(path)
        if location.is_file():
            digest = file.sha256 or hashlib.sha256(location.read_bytes()).hexdigest()
            yield VendoredFile(installed.name, path, location, digest, location.stat().st_size)


def _travels(path: str) -> bool:
    directory, _, rest = path.partition("/")
    if directory.endswith(".dist-info"):
        return rest in _METADATA or _LICENCE.search(rest) is not None
    if directory.endswith((".egg-info", ".data")):
        return False
    return not (_NATIVE.search(path) or _LEFT_OUT.search(path))
