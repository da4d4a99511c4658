"""How a command takes the words of its command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

_PLAIN: Final = (bool, str, Path)  # flags come as `True`, `False` or `None`
_LISTS: Final = {list[str]: str, list[Path]: Path}


class Command(TyperCommand):
    """A command whose flags, texts and paths are taken as they stand.

    typer would have pydantic convert them, which takes longer to import than a push takes of a package that is there.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, that for help too."""
        return _as_they_stand(super().get_params(ctx))


class Commands(TyperGroup):
    """A table of commands, whose own options are taken in the same way."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, that for help too."""
        return _as_they_stand(super().get_params(ctx))


@dataclass(frozen=True)
class _AsItStands:
    """What typer asks for the value of one parameter."""

    kind: type
    is_list: bool

    def coerce(self, value: Any, **_: object) -> Any:
        """Return the value; without one, what typer returns of such a parameter."""
        if self.is_list:
            return [self.kind(one) for one in value or ()] or ()
        return None if value is None else self.kind(value)


def _as_they_stand(params: Iterable[Any]) -> list[Any]:
    found = list(params)
    for param in found:
        kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
        if kind in _PLAIN or kind in _LISTS:
            vars(param)["_runtime_param"] = _AsItStands(_LISTS.get(kind, kind), is_list=kind in _LISTS)
    return found
