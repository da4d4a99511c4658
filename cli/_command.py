"""How a command takes the words of its command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

_PLAIN: Final = (bool, str, Path)  # flags come as `True`, `False` or `None`
_NUMBERS: Final = (int, float)
_LISTS: Final = {list[str]: str, list[Path]: Path}
# What help says of an option's value, where it does not say it by itself: a flag has none, a list is given one by one.
_SHOWN: Final = {bool: "", list[str]: "<str> …", list[Path]: "<path> …"}


class Command(TyperCommand):
    """A command whose flags, texts and paths are taken as they stand.

    typer would have pydantic convert them, which takes longer to import than a push takes of a package that is there.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, that for help too."""
        return _as_they_stand(super().get_params(ctx))


class Place(NamedTuple):
    """Where a command is defined: nothing of it is imported until somebody asks for it.

    Attributes:
        module: in this package.
        name: of a function there, or of the `typer.Typer` that holds several.
        kind: the module and the name of the function's `Command`, if it has one of its own.
    """

    module: str
    name: str
    kind: tuple[str, str] = (__name__, "Command")


class Commands(TyperGroup):
    """A table of commands, whose own options are taken in the same way.

    Attributes:
        table: where each is, by its name.
    """

    table: ClassVar[Mapping[str, Place]]

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands: Any = _Found(self.table)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, that for help too."""
        return _as_they_stand(super().get_params(ctx))


class _Found(Mapping[str, Any]):
    """Commands by name: to import and to build all of them takes longer than most take to run."""

    def __init__(self, table: Mapping[str, Place]) -> None:
        self._table = table
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self._built[name] = _built(name, self._table[name])
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


def _built(name: str, place: Place) -> Any:
    found = _imported(place.module, place.name)
    if isinstance(found, typer.Typer):
        group = typer.main.get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name, cls=_imported(*place.kind))(found)
    return typer.main.get_command(alone)


def _imported(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


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


@dataclass(frozen=True)
class _Converted:
    """What typer asks for the value of a parameter of another kind: if one is given, what typer itself would ask."""

    kind: object

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value; one that is not given, or is of this kind as defaults are, needs no conversion."""
        if value is None or type(value) is self.kind:
            return value
        vars(param)["_runtime_param"] = None
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def _as_they_stand(params: Iterable[Any]) -> list[Any]:
    found = list(params)
    for param in found:
        kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
        if param.param_type_name == "option" and param.metavar is None and kind in _SHOWN:
            param.metavar = _SHOWN[kind]
        if kind in _PLAIN or kind in _LISTS:
            vars(param)["_runtime_param"] = _AsItStands(_LISTS.get(kind, kind), is_list=kind in _LISTS)
        elif kind in _NUMBERS:
            vars(param)["_runtime_param"] = _Converted(kind)
    return found
