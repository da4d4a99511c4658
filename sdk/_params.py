"""Constructor arguments as the manifest states them (`params` of manifest v1)."""

from __future__ import annotations

import math
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, NoReturn

from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remotemedia._project import Project
    from remotemedia.schemas.tables import NodeType

__all__ = ["lower_params"]

_MAX_DEPTH: Final = 48  # of 64 that a manifest may have: the rest stands around the argument
_MAX_INT: Final = 2**53 - 1


def lower_params(
    arguments: Mapping[str, Any], *, node: str, builtin: NodeType | None, project: Project
) -> dict[str, Any]:
    """Return captured arguments as JSON values.

    A `Path`, and a string for a parameter of type `file` or `model`, becomes `{"$file": PATH}`; a tuple becomes a list;
    a key of a dict that starts with `$` is given one more.

    Args:
        arguments: by name, without defaults.
        node: the node's id, for messages.
        builtin: the node's entry in the table, for a built-in node.
        project: where files are looked for.

    Raises:
        PipelineError: RM108, a value cannot stand in a manifest; RM109, a file is missing or outside the project.
    """
    lowered = {}
    for name, value in arguments.items():
        parameter = builtin.parameter(name) if builtin is not None else None
        argument = _Argument(f"argument `{name}` of `{node}`", project)
        if parameter is not None and parameter.names_file and isinstance(value, str):
            lowered[name] = argument.lower(PurePath(value))
        else:
            lowered[name] = argument.lower(value)
    return lowered


class _Argument:
    """One argument, as messages call it."""

    def __init__(self, name: str, project: Project) -> None:
        self._name = name
        self._project = project

    def lower(self, value: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - one a type
        """Return the JSON value; types are taken exactly, because a reader would not make a subclass again."""
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return self._text(value)
        if kind is int:
            return value if -_MAX_INT <= value <= _MAX_INT else self._refuse("within ±(2^53 - 1)", "a larger integer")
        if kind is float:
            return value if math.isfinite(value) else self._refuse("finite", f"`{value}`")
        if isinstance(value, PurePath):
            return {"$file": self._project.file(value)}
        if depth == _MAX_DEPTH:
            self._refuse(f"nested at most {_MAX_DEPTH} deep", "more")
        if kind is list or kind is tuple:
            return [self.lower(item, depth + 1) for item in value]
        if kind is dict and all(type(key) is str for key in value):
            return {self._key(key): self.lower(item, depth + 1) for key, item in value.items()}
        return self._refuse("plain data or a file of the project", _description(value))

    def _key(self, key: str) -> str:
        return "$" + self._text(key) if key.startswith("$") else self._text(key)

    def _text(self, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self._refuse("Unicode text", "a lone surrogate")
        return value

    def _refuse(self, expected: str, got: str) -> NoReturn:
        raise PipelineError(
            f"expected {self._name} to be {expected}, got {got}",
            code="RM108",
            hint="pass None, bool, int, float, str, lists or dicts of these, or a `Path`; make the rest in the node",
        )


def _description(value: Any) -> str:
    if isinstance(value, dict):
        return "a dict with keys that are not strings"
    name = getattr(value, "__qualname__", None)
    return f"`{name}`" if isinstance(name, str) else f"an instance of `{type(value).__qualname__}`"
