"""Where a project begins, and what its files and classes are called; the compiler and `Pipeline` share these rules."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from remotemedia.errors import PipelineError

__all__ = ["Project", "is_file"]


def is_file(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a file; there is none where it may not be looked for, or the name is too long."""
    return os.path.isfile(path)  # noqa: PTH113 - `Path.is_file` fails there


@dataclass(frozen=True)
class Project:
    """The files that belong to a pipeline.

    Attributes:
        source: the file that defines the pipeline, absolute.
        root: its directory; going up while an `__init__.py` stands there.
    """

    source: Path
    root: Path

    @classmethod
    def of(cls, source: str | os.PathLike[str]) -> Project:
        """Return the project of the file that defines a pipeline."""
        path = Path(os.path.realpath(source))  # which takes links in a circle as they are; `Path.resolve` fails
        root = path.parent
        while is_file(root / "__init__.py") and root != root.parent:
            root = root.parent
        return cls(path, root)

    def module(self, path: str | os.PathLike[str]) -> str:
        """Return the dotted name of a source file, from the root.

        Raises:
            PipelineError: RM104, the file lies outside the project or its name is no module name.
        """
        resolved = Path(path).resolve()
        if resolved.is_relative_to(self.root) and resolved.suffix == ".py":
            parts = resolved.relative_to(self.root).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts
            if all(part.isidentifier() for part in parts):
                return ".".join(parts)
            name = next(part for part in parts if not part.isidentifier())
            raise PipelineError(
                f"expected a module that can be imported, but `{name}` is not a name in Python",
                code="RM104",
                hint="rename the file or directory: letters, digits and `_`, and no digit first",
                path=str(path),
            )
        raise PipelineError(
            f"expected a module below `{self.root}`, got `{path}`",
            code="RM104",
            hint="a node is a class of the pipeline's file, of a module beside it, or of `remotemedia`",
            path=str(path),
        )

    def entry(self, path: str | os.PathLike[str], qualname: str) -> str:
        """Return `module:Class` of a class, from the root.

        Raises:
            PipelineError: RM104, the class cannot be found there by name.
        """
        module = self.module(path)
        if "<" in qualname:
            raise PipelineError(
                f"expected a class at the top of its module, got `{qualname}`",
                code="RM104",
                hint="define the class outside any function",
                path=str(path),
            )
        return f"{module}:{qualname}"

    def file(self, path: str | os.PathLike[str]) -> str:
        """Return the project-relative posix path of a file.

        Args:
            path: absolute, or relative to the directory of the file that defines the pipeline.

        Raises:
            PipelineError: RM109, the file is missing or lies outside the project.
        """
        resolved = (self.source.parent / path).resolve()
        if not resolved.is_relative_to(self.root):
            raise PipelineError(
                f"expected a file below `{self.root}`, got `{os.fspath(path)}`",
                code="RM109",
                hint="put the file beside the pipeline's",
                path=os.fspath(path),
            )
        if not is_file(resolved):
            raise PipelineError(
                f"expected a file at `{os.fspath(path)}`, found none",
                code="RM109",
                hint=f"paths are relative to `{self.source.parent}`",
                path=os.fspath(path),
            )
        return resolved.relative_to(self.root).as_posix()
