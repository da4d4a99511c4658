"""Which files of a project a file imports; nothing is run.

from remotemedia.packaging import DependencyAnalyzer

DependencyAnalyzer("project").analyze_file("project/pipeline.py")  # {Path(".../project/words.py"), …}
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remotemedia._project import Project
from remotemedia.compiler._findings import Findings
from remotemedia.compiler._imports import close
from remotemedia.compiler._modules import Modules
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["DependencyAnalyzer", "file_of"]


class DependencyAnalyzer:
    """Follows imports within a project, as the compiler does.

    Args:
        project_root: the project's directory; the present one where absent.
    """

    def __init__(self, project_root: str | os.PathLike[str] | None = None) -> None:
        self.project_root = Path(project_root or ".").resolve()

    def analyze_file(self, file_path: str | os.PathLike[str]) -> set[Path]:
        """Return the project's files that a file imports, also by way of others; absolute, without itself.

        A file outside the project is looked at in a project of its own.

        Raises:
            CompileError: RM101 to RM114, a file cannot be analysed, or a module of the project is missing.
        """
        path = Path(file_path).resolve()
        inside = path.is_relative_to(self.project_root)
        project = Project(path, self.project_root) if inside else Project.of(path)
        findings = Findings()
        modules = Modules(project, findings)
        closure = close(modules, modules.entry(), findings)
        findings.check()
        return {project.root / source.name for source in closure.sources} - {path}

    def analyze_object(self, obj: Any) -> set[Path]:
        """Return the project's files that the file of a class, a function or an object's class imports.

        Raises:
            CompileError: as `analyze_file`; RM110, the object has no file.
        """
        return self.analyze_file(file_of(obj))

    def get_all_dependencies(self, entry_files: Iterable[str | os.PathLike[str]]) -> set[Path]:
        """Return what several files import.

        Raises:
            CompileError: as `analyze_file`.
        """
        return {found for path in entry_files for found in self.analyze_file(path)}


def file_of(obj: Any) -> Path:
    """Return the file that defines a class, a function or an object's class.

    Raises:
        CompileError: RM110, it has none.
    """
    named = obj if inspect.isclass(obj) or inspect.isroutine(obj) or inspect.ismodule(obj) else type(obj)
    try:
        return Path(inspect.getfile(named)).resolve()
    except (TypeError, OSError) as error:
        raise CompileError(f"expected `{named!r:.80}` in a file, found none", code="RM110") from error
