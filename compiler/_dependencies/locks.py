"""Lock files: `uv.lock` and `pylock.toml` (PEP 751)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from remotemedia.compiler._dependencies.files import Broken, TextFile, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Locked", "read_pylock", "read_uv_lock"]

_LONGEST: Final = 200
_SHA256: Final = "sha256:"
_HEX: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Locked:
    """One distribution as it is locked.

    Attributes:
        name: normalised.
        sha256: hex, of every archive that the lock allows, sorted.
        file: the lock's name.
        requires: normalised names of what it needs, as far as the lock tells.
    """

    name: str
    version: str
    sha256: tuple[str, ...]
    file: str
    requires: tuple[str, ...] = ()


def read_uv_lock(file: TextFile) -> Iterator[Locked]:
    """Give what uv has locked.

    Raises:
        Broken: it is not such a file.
    """
    for package in _packages(file, table_of(file), "package"):
        version = package.get("version")
        if isinstance(version, str):
            archives = [package.get("sdist"), *_list(package.get("wheels"))]
            stated = (archive.get("hash") for archive in archives if isinstance(archive, dict))
            hashes = {text.removeprefix(_SHA256) for text in stated if isinstance(text, str) and _SHA256 in text}
            yield _locked(file, package, version, hashes, package.get("dependencies"))


def read_pylock(file: TextFile) -> Iterator[Locked]:
    """Give what a `pylock.toml` has locked for this environment.

    Raises:
        Broken: it is not such a file, or of a version that is not known.
    """
    table = table_of(file)
    version = table.get("lock-version")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        message = f"expected `lock-version` 1 in `{file.name}`, got `{version}`"
        raise Broken(message, file.find("lock-version"))
    for package in _packages(file, table, "packages"):
        version = package.get("version")
        if isinstance(version, str) and _applies(file, package.get("marker")):
            archives = [package.get("sdist"), package.get("archive"), *_list(package.get("wheels"))]
            stated = (archive.get("hashes") for archive in archives if isinstance(archive, dict))
            hashes = {table["sha256"] for table in stated if isinstance(table, dict) and "sha256" in table}
            yield _locked(file, package, version, hashes, package.get("dependencies"))


def _locked(file: TextFile, package: dict[str, Any], version: str, hashes: set[Any], requires: Any) -> Locked:
    names = {it["name"] for it in _list(requires) if isinstance(it, dict) and isinstance(it.get("name"), str)}
    digests = tuple(sorted(it for it in hashes if isinstance(it, str) and _HEX.fullmatch(it)))
    required = tuple(sorted(canonicalize_name(name) for name in names))
    return Locked(canonicalize_name(package["name"]), version, digests, file.name, required)


def _packages(file: TextFile, table: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    for package in _list(table.get(key)):
        if not isinstance(package, dict) or not isinstance(package.get("name"), str):
            raise Broken(f"expected each of `{key}` in `{file.name}` to have a name", file.find(key))
        if len(str(package.get("version", ""))) > _LONGEST:
            raise Broken(f"expected versions of at most {_LONGEST} characters in `{file.name}`", file.find(key))
        yield package


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _applies(file: TextFile, marker: Any) -> bool:
    if marker is None:
        return True
    try:
        return Marker(str(marker)).evaluate(context="lock_file")
    except ValueError as error:  # it is none, or compares what cannot be compared
        raise Broken(f"expected a marker in `{file.name}`, got `{marker}`", file.find(str(marker))) from error
