"""What a compilation gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from remotemedia.compiler._dependencies.model import Dependencies
from remotemedia.compiler._diagnostic import Diagnostic

__all__ = ["DataFile", "Import", "Program", "ProjectFile", "SourceModule"]


@dataclass(frozen=True)
class ProjectFile:
    """A file of the project that the pipeline depends on.

    Attributes:
        kind: `model` if a parameter of that type names it, `file` if another does, `input` if the program itself reads
            it to build its graph: that one is no part of the package.
        path: from the project's root, posix.
        sha256: hex.
        size: bytes.
    """

    path: str
    kind: Literal["model", "file", "input"]
    sha256: str
    size: int


@dataclass(frozen=True)
class DataFile:
    """An array among the arguments of nodes.

    Attributes:
        path: what the manifest refers to, `data/<sha256>.npy`.
        sha256: of the content, hex.
        content: the npy file.
    """

    path: str
    sha256: str
    content: bytes


@dataclass(frozen=True)
class SourceModule:
    """A source file of the project that the pipeline's file imports, or that file itself.

    Attributes:
        path: from the project's root, posix.
        sha256: of the file's bytes, hex.
        text: the whole file; encoding it as UTF-8 gives the file's bytes.
    """

    path: str
    sha256: str
    text: str


@dataclass(frozen=True)
class Import:
    """A top-level name from outside the project that its sources import, the standard library included.

    Attributes:
        optional: whether each import of it stands in a `try` that copes without it.
        importers: paths of the sources that import it.
    """

    name: str
    optional: bool
    importers: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """A pipeline as its sources state it.

    Attributes:
        root: the project's directory, absolute.
        source: the pipeline's file, absolute.
        manifest: manifest v1; with `created_at` only where `SOURCE_DATE_EPOCH` is set.
        files: every file that the manifest names, by path, then those that were read to build it.
        modules: the pipeline's file and all it imports of the project, by path.
        entries: the manifest's `entry` values, in its order.
        imports: what the modules import from outside the project, by name.
        diagnostics: warnings.
        dependencies: what the modules depend on outside the project.
        data: the arrays that the manifest names, by path.
        resources: data files of the project's packages that the modules read, by path.
    """

    root: Path
    source: Path
    manifest: dict[str, Any]
    files: tuple[ProjectFile, ...]
    modules: tuple[SourceModule, ...]
    entries: tuple[str, ...]
    imports: tuple[Import, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    dependencies: Dependencies = field(default_factory=Dependencies)
    resources: tuple[ProjectFile, ...] = ()
    data: tuple[DataFile, ...] = ()
