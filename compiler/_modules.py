"""Finding and reading the modules of a project, each once."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Final

from remotemedia._project import is_file
from remotemedia.compiler._bounds import MAX_MODULES, MAX_TOTAL_SIZE, MAX_TOTAL_TOKENS
from remotemedia.compiler._diagnostic import Diagnostic, compile_error
from remotemedia.compiler._source import Source, read_source
from remotemedia.compiler._watch import saw
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia._project import Project
    from remotemedia.compiler._findings import Findings

__all__ = ["Modules", "absolute_name"]

_NAMESPACE: Final = ("*.py", "*/*.py", "*/*/*.py")
_BELOW: Final = ("*/", "*/*/")


class Modules:
    """The modules of a project by dotted name, read when they are first asked for."""

    def __init__(self, project: Project, findings: Findings) -> None:
        self.project = project
        self._findings = findings
        self._sources: dict[str, Source | None] = {}
        self._size = 0
        self._tokens = 0

    def entry(self) -> Source:
        """Return the pipeline's own file.

        Raises:
            CompileError: RM101, it cannot be analysed; RM114, it exceeds a bound.
        """
        path = self.project.source
        relative = path.relative_to(self.project.root)
        parts = relative.with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        source = read_source(path, relative.as_posix(), module, code="RM101")
        self._sources[module] = source
        self._count(source)
        return source

    def owns(self, name: str) -> bool:
        """Return whether the first part of a dotted name is a module, package or directory of the project."""
        return self._path(name.partition(".")[0]) is not None or self._is_namespace(name.partition(".")[0])

    def exists(self, name: str) -> bool:
        """Return whether the project has a module of that dotted name; directories without `__init__.py` count."""
        return self._path(name) is not None or self._is_namespace(name)

    def names(self) -> Iterator[str]:
        """Give the names of the modules and packages at the project's root."""
        for path in sorted(self.project.root.iterdir()):
            if path.suffix == ".py" and path.stem.isidentifier():
                yield path.stem
            elif path.name.isidentifier() and self._is_namespace(path.name):
                yield path.name

    def get(self, name: str) -> Source | None:
        """Return a module; None if it has no file or cannot be analysed, which is then among the findings.

        Raises:
            CompileError: RM114, the project exceeds a bound.
        """
        if name not in self._sources:
            path = self._path(name)
            self._sources[name] = None if path is None else self._read(name, path)
        return self._sources[name]

    def _read(self, name: str, path: Path) -> Source | None:
        if len(self._sources) >= MAX_MODULES:
            raise compile_error([_too_much(f"{MAX_MODULES} modules", name)])
        relative = path.relative_to(self.project.root).as_posix()
        try:
            source = read_source(path, relative, name, code="RM110")
        except CompileError as error:
            self._findings.extend(error)
            return None
        self._count(source)
        return source

    def _count(self, source: Source) -> None:
        self._size += len(source.text)
        self._tokens += source.tokens
        if self._size > MAX_TOTAL_SIZE:
            raise compile_error([_too_much(f"{MAX_TOTAL_SIZE} characters", source.module)])
        if self._tokens > MAX_TOTAL_TOKENS:
            raise compile_error([_too_much(f"{MAX_TOTAL_TOKENS} tokens", source.module)])

    def _path(self, name: str) -> Path | None:
        root = self.project.root
        base = root.joinpath(*name.split("."))
        for path in (base / "__init__.py", base.with_name(base.name + ".py")):
            saw(path)
            if is_file(path) and path.resolve().is_relative_to(root):
                return path
        return None

    def _is_namespace(self, name: str) -> bool:
        """Return whether a directory without `__init__.py` is a package (PEP 420): modules are not far below it."""
        base = self.project.root.joinpath(*name.split("."))
        saw(base)
        if not base.is_dir() or not base.resolve().is_relative_to(self.project.root):
            return False
        is_package = any(next(base.glob(pattern), None) is not None for pattern in _NAMESPACE)
        if not is_package:
            for pattern in _BELOW:
                for directory in base.glob(pattern):
                    saw(directory)
        return is_package and ("." in name or not self._is_installed(name))

    def _is_installed(self, top: str) -> bool:
        """Return whether Python would find a module or regular package elsewhere, which comes before a namespace."""
        here = {self.project.root, Path.cwd()}
        elsewhere = [entry for entry in sys.path if entry and Path(entry).resolve() not in here]
        spec = PathFinder.find_spec(top, elsewhere)
        return spec is not None and spec.origin is not None


def absolute_name(source: Source, module: str, level: int) -> str | None:
    """Return the dotted name that a relative import means; None if it leads out of the project (PEP 328)."""
    if level == 0:
        return module
    parts = source.package.split(".") if source.package else []
    if level > len(parts):
        return None
    parts = parts[: len(parts) - (level - 1)]
    return ".".join([*parts, module] if module else parts)


def _too_much(bound: str, name: str) -> Diagnostic:
    message = f"expected a project of at most {bound}, got more when `{name}` was imported"
    return Diagnostic("RM114", "error", message, help="split the program")
