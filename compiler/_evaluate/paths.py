"""Paths of files: `pathlib` and `os.path`, as far as they read nothing but names."""

from __future__ import annotations

import os.path
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._values import FilePath, Known, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["call_path_function", "is_path_function", "path_attribute", "path_method"]

_CLASSES: Final = frozenset({"pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "pathlib.PurePosixPath"})

_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "os.fspath": os.fspath,
    "os.path.abspath": os.path.abspath,
    "os.path.basename": os.path.basename,
    "os.path.dirname": os.path.dirname,
    "os.path.join": os.path.join,
    "os.path.normpath": os.path.normpath,
    "os.path.realpath": os.path.realpath,
}
"""Functions of `os` on strings and paths; of a relative path those that ask for the current directory are not known."""

_ATTRIBUTES: Final = frozenset({"name", "parent", "stem", "suffix"})
_METHODS: Final = frozenset({
    "absolute", "as_posix", "joinpath", "relative_to", "resolve", "with_name", "with_stem", "with_suffix",
})  # fmt: skip
_NEEDS_DIRECTORY: Final = frozenset({"absolute", "resolve"})


def path_attribute(path: FilePath, attr: str) -> Value | None:
    """Return an attribute of a path that is a value; None for methods and what is not known."""
    return _value(getattr(path.path, attr)) if attr in _ATTRIBUTES else None


def path_method(path: FilePath, name: str, arguments: Sequence[Any]) -> Value | None:
    """Call a method of a path with plain arguments; None if the result is not known without running the program."""
    if name not in _METHODS or (name in _NEEDS_DIRECTORY and not path.path.is_absolute()):
        return None
    try:
        return _value(getattr(Path(path.path), name)(*arguments))
    except (OSError, RuntimeError, TypeError, ValueError):
        return None


def is_path_function(name: str) -> bool:
    """Return whether a dotted name is a function or class that `call_path_function` knows."""
    return name in _CLASSES or name in _FUNCTIONS


def call_path_function(name: str, arguments: Sequence[Any]) -> Value | None:
    """Call a function of `os`, or the class `Path`; None if the result is not known without running the program."""
    try:
        if name in _CLASSES:
            return FilePath(Path(*arguments))
        if name in {"os.path.abspath", "os.path.realpath"} and not os.path.isabs(*arguments):
            return None
        return _value(_FUNCTIONS[name](*arguments))
    except (OSError, TypeError, ValueError):
        return None


def _value(result: Any) -> Value:
    return FilePath(result) if isinstance(result, PurePath) else Known(result)
