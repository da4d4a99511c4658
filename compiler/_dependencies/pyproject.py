"""The requirements in `pyproject.toml`: the project's, its extras' and its groups' (PEP 621, PEP 735)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.compiler._dependencies.files import Broken, TextFile, table_of
from remotemedia.compiler._dependencies.stated import Declared, requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_pyproject"]


def read_pyproject(file: TextFile) -> Iterator[Declared]:
    """Give every requirement of the file; groups that include another need not be followed, for all are given.

    Raises:
        Broken: it is not TOML, or one of these tables holds something else.
    """
    table = table_of(file)
    project = _table(file, table.get("project", {}), "project")
    groups = [
        project.get("dependencies", []),
        *_table(file, project.get("optional-dependencies", {}), "project.optional-dependencies").values(),
        *_table(file, table.get("dependency-groups", {}), "dependency-groups").values(),
    ]
    for group in groups:
        if not isinstance(group, list):
            message = f"expected lists of requirements in `{file.name}`, got a value of type `{type(group).__name__}`"
            raise Broken(message, None)
        yield from (requirement(file, stated) for stated in group if not _includes(stated))


def _table(file: TextFile, value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Broken(f"expected `{name}` in `{file.name}` to be a table", file.find(name))
    return value


def _includes(stated: Any) -> bool:
    return isinstance(stated, dict) and "include-group" in stated
