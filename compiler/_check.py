"""All that is found in many files at once, for `remotemedia check`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from remotemedia._project import Project, is_file
from remotemedia.compiler._bounds import MAX_FILE_BYTES
from remotemedia.compiler._compile import compile_file
from remotemedia.compiler._diagnostic import Diagnostic, moved
from remotemedia.compiler._formats import Checked
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["check_file", "located", "pipeline_files"]

_NO_PIPELINE: Final = "RM102"
_SEVERAL: Final = "RM103"
_WORDS: Final = (b"Pipeline", b"execute_pipeline")
_PASSED_OVER: Final = frozenset({"__pycache__", "node_modules", "site-packages"})


def check_file(path: Path, directory: Path, *, pipelines_only: bool = False) -> Checked | None:
    """Return all that is found in a file: in each pipeline that it builds, and in what it imports.

    Args:
        path: the file.
        directory: what the files of the report are relative to; those outside it are called by their absolute path.
        pipelines_only: whether a file that builds no pipeline is passed over, as None, instead of reported.
    """
    found = _findings(path)
    if pipelines_only and any(diagnostic.code == _NO_PIPELINE for diagnostic in found):
        return None
    return located(path, found, directory)


def located(path: Path, diagnostics: Iterable[Diagnostic], directory: Path) -> Checked:
    """Return what was found in a file, with files called as `check_file` calls them."""
    root = Project.of(path).root

    def called(file: str) -> str:
        return _called(root / file, directory)

    return Checked(_called(path.absolute(), directory), tuple(moved(diagnostic, called) for diagnostic in diagnostics))


def pipeline_files(directory: Path) -> Iterator[Path]:
    """Give the Python files below a directory that may build a pipeline, in order.

    Hidden directories, virtual environments and installed packages are passed over.
    """
    for name, directories, files in os.walk(directory):
        here = Path(name)
        directories[:] = sorted(each for each in directories if not _is_passed_over(here / each))
        for file in sorted(files):
            if file.endswith(".py") and _mentions_pipeline(here / file):
                yield here / file


def _findings(path: Path) -> Sequence[Diagnostic]:
    try:
        return compile_file(path).diagnostics
    except CompileError as error:
        if error.code != _SEVERAL:
            return _diagnostics(error)
        return _of_several(path, error)


def _of_several(path: Path, error: CompileError) -> Sequence[Diagnostic]:
    """Return what is found in each of several pipelines, once; that there are several is no mistake."""
    names = error.details.get("pipelines")
    found: dict[Diagnostic, None] = {}
    for name in names if isinstance(names, tuple) else ():
        try:
            found |= dict.fromkeys(compile_file(path, pipeline=name).diagnostics)
        except CompileError as refused:
            found |= dict.fromkeys(_diagnostics(refused))
    return tuple(found)


def _diagnostics(error: CompileError) -> Sequence[Diagnostic]:
    return tuple(each for each in error.diagnostics if isinstance(each, Diagnostic))


def _called(path: Path, directory: Path) -> str:
    relative = path.is_relative_to(directory)
    return (path.relative_to(directory) if relative else path).as_posix()


def _is_passed_over(directory: Path) -> bool:
    hidden = directory.name.startswith(".")
    return hidden or directory.name in _PASSED_OVER or is_file(directory / "pyvenv.cfg")


def _mentions_pipeline(path: Path) -> bool:
    """Return whether a file's text may build a pipeline; one that cannot be read is for the compiler to report."""
    if not is_file(path):
        return False
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES)
    except OSError:
        return True
    return b"remotemedia" in data and any(word in data for word in _WORDS)
