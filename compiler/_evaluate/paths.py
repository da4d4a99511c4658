"""Paths of files: `pathlib` and `os.path`, as far as they read nothing but names."""

from __future__ import annotations

import os.path
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._evaluate.computing import Computed
from remotemedia.compiler._evaluate.lifting import lifted
from remotemedia.compiler._values import FilePath, Value

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DISK_METHODS", "PATH_FUNCTIONS", "path_attribute", "path_method"]

_CLASSES: Final = frozenset({"pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "pathlib.PurePosixPath"})

_ATTRIBUTES: Final = frozenset(
    {"anchor", "drive", "name", "parent", "parents", "parts", "root", "stem", "suffix", "suffixes"}
)
_METHODS: Final = frozenset({
    "absolute", "as_posix", "as_uri", "is_absolute", "is_relative_to", "joinpath", "match", "relative_to", "resolve",
    "with_name", "with_stem", "with_suffix",
})  # fmt: skip
_NEEDS_DIRECTORY: Final = frozenset({"absolute", "resolve"})
"""Methods that ask for the current directory, which is not known, unless the path is absolute."""

DISK_METHODS: Final = frozenset({
    "exists", "glob", "hardlink_to", "is_dir", "is_file", "iterdir", "mkdir", "open", "read_bytes", "read_text",
    "rename", "replace", "rglob", "rmdir", "stat", "symlink_to", "touch", "unlink", "write_bytes", "write_text",
})  # fmt: skip
"""Methods that look at the disk, or change what is there."""


def path_attribute(path: FilePath, attr: str) -> Value | None:
    """Return an attribute of a path that is a value; None for methods and what is not known."""
    if attr not in _ATTRIBUTES:
        return None
    found = getattr(path.path, attr)
    return lifted(tuple(found) if attr == "parents" else found)


def path_method(path: FilePath, name: str) -> Computed | None:
    """Return a method of a path that reads nothing but names; None for any other."""
    if name not in _METHODS or (name in _NEEDS_DIRECTORY and not path.path.is_absolute()):
        return None
    return Computed(getattr(Path(path.path), name))


def _absolute(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def checked(path: Any) -> Any:
        if not Path(path).is_absolute():
            raise ValueError(path)
        return function(path)

    return checked


def _path(*parts: Any) -> Path:
    return Path(*parts)


PATH_FUNCTIONS: Final[dict[str, Computed]] = {name: Computed(_path) for name in _CLASSES} | {
    "os.fspath": Computed(os.fspath),
    "os.path.abspath": Computed(_absolute(os.path.abspath)),
    "os.path.basename": Computed(os.path.basename),
    "os.path.commonpath": Computed(os.path.commonpath),
    "os.path.commonprefix": Computed(os.path.commonprefix),
    "os.path.dirname": Computed(os.path.dirname),
    "os.path.isabs": Computed(os.path.isabs),
    "os.path.join": Computed(os.path.join),
    "os.path.normpath": Computed(os.path.normpath),
    "os.path.realpath": Computed(_absolute(os.path.realpath)),
    "os.path.split": Computed(os.path.split),
    "os.path.splitext": Computed(os.path.splitext),
}
"""Functions of `os` on strings and paths, and the classes of `pathlib`; none asks for the current directory."""
