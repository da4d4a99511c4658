"""The arguments of a call, and their binding to a signature."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._values import Items, NotPlainError, Table, Unknown, Value, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator
    from remotemedia.compiler._source import Place

__all__ = ["Argument", "Arguments", "arguments_of", "bind", "given"]


@dataclass(frozen=True, eq=False)
class Argument:
    """One argument and where it stands; `name` is None for one that is passed by position."""

    name: str | None
    value: Value
    place: Place


@dataclass(frozen=True, eq=False)
class Arguments:
    """All arguments of a call; `unknown` is why there may be others, such as those of `*names`."""

    given: tuple[Argument, ...]
    unknown: tuple[Unknown, Place] | None = None

    @classmethod
    def of(cls, values: Iterable[Value], place: Place) -> Arguments:
        """Return arguments by position, all of one place."""
        return cls(tuple(Argument(None, value, place) for value in values))


def arguments_of(ev: Evaluator, node: cst.Call) -> Arguments:
    """Evaluate the arguments of a call; known containers behind `*` and `**` are spread."""
    given: list[Argument] = []
    unknown: tuple[Unknown, Place] | None = None
    for argument in node.args:
        value, place = ev.evaluate(argument.value), ev.place(argument.value)
        match argument.star, value:
            case "", _:
                given.append(Argument(argument.keyword.value if argument.keyword else None, value, place))
            case "*", _:
                ev.charge(16 * size_of(value))
                try:
                    given.extend(Argument(None, item, place) for item in collected(ev, value, argument.value))
                except NotPlainError as error:
                    unknown = ev.opaque(argument.value, error.value), place
            case "**", Table(lost=None) if all(type(key) is str for key in value.entries):
                given.extend(Argument(key, item, place) for key, item in value.entries.items())
            case _:
                unknown = ev.opaque(argument.value, value), place
    return Arguments(tuple(given), unknown)


def bind(signature: inspect.Signature, arguments: Arguments) -> dict[str, Argument]:
    """Return the arguments by the name of their parameter, in the signature's order.

    Those of `**kw` stand beside the others; those of `*args` become one tuple.

    Raises:
        TypeError: they do not fit; as Python itself says it.
    """
    by_position = [argument for argument in arguments.given if argument.name is None]
    by_name: dict[str, Argument] = {}
    for argument in arguments.given:
        if argument.name is not None:
            _put(by_name, argument.name, argument)
    bound = signature.bind(*by_position, **by_name)
    result: dict[str, Argument] = {}
    rest: dict[str, Argument] = {}
    for name, value in bound.arguments.items():
        match signature.parameters[name].kind:
            case inspect.Parameter.VAR_KEYWORD:
                rest = value
            case inspect.Parameter.VAR_POSITIONAL:
                result[name] = Argument(name, Items("tuple", [item.value for item in value]), value[0].place)
            case _:
                result[name] = value
    for name, value in rest.items():
        _put(result, name, value)
    return result


def given(arguments: Arguments, least: int, most: int, *names: str) -> tuple[list[Value], dict[str, Value]] | None:
    """Return arguments by position and by name; None if they are others than these, or not all known."""
    by_position = [argument.value for argument in arguments.given if argument.name is None]
    by_name = {argument.name: argument.value for argument in arguments.given if argument.name is not None}
    fits = least <= len(by_position) <= most and by_name.keys() <= set(names)
    return (by_position, by_name) if fits and arguments.unknown is None else None


def _put(arguments: dict[str, Argument], name: str, argument: Argument) -> None:
    if name in arguments:
        raise TypeError(f"got several values for the argument `{name}`")
    arguments[name] = argument
