"""Enumerations of the project as Python's own, so that Python itself compares, formats and adds their members."""

from __future__ import annotations

import enum
import types
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._tree import walk
from remotemedia.compiler._values import ENUMS, Builtin, External, Function, Member, ProjectClass

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["member_for", "members_in_order", "own_text", "twin"]

_MIXED_IN: Final[dict[str, type]] = {"bytes": bytes, "float": float, "int": int, "str": str}
_ENUMS: Final[dict[str, type]] = {name: getattr(enum, name.removeprefix("enum.")) for name in ENUMS}
_CLASS: Final = "_class_of_the_project"
_TEXT: Final = "__str__"
_INERT: Final = frozenset({"__doc__", "__module__", "__qualname__", "_generate_next_value_", "_missing_"})
"""Names with a meaning of their own that do not change how members behave once they are there."""


def twin(cls: ProjectClass, values: Mapping[str, Any], texts: Mapping[str, str] | None) -> type[enum.Enum] | None:
    """Return an enumeration that behaves like one of the project; None if its body says itself how it behaves.

    Args:
        cls: the class.
        values: what its body gives its members, by name.
        texts: what its own `__str__` returns, by name; None without one.
    """
    bases = _bases(cls, has_text=texts is not None)
    if bases is None or cls.node.keywords:
        return None

    def body(namespace: dict[str, Any]) -> None:
        if texts is not None:
            namespace[_TEXT] = lambda self: texts[self.name]
        for name in values:  # one after another: an enumeration's namespace looks at each
            namespace[name] = values[name]

    try:
        made: type[enum.Enum] = types.new_class(cls.name, bases, exec_body=body)
    except (AttributeError, TypeError, ValueError):  # as its own definition would raise
        return None
    setattr(made, _CLASS, cls)
    return made


def member_for(value: enum.Enum) -> Member | None:
    """Return the project's member that such a member stands for; None for another one, or several flags at once."""
    cls = getattr(type(value), _CLASS, None)
    return cls.members.get(value.name) if isinstance(cls, ProjectClass) else None


def members_in_order(cls: ProjectClass) -> list[Member] | None:
    """Return the members that a class gives when it is iterated; None if that is not known."""
    reals = [member.real for member in cls.members.values()]
    if reals and reals[0] is not None:
        found = [member_for(real) for real in type(reals[0])]
        return [member for member in found if member is not None]
    plain = all(base.name == "enum.Enum" for base in cls.mro if isinstance(base, External))
    return [member for name, member in cls.members.items() if member.name == name] if plain else None


def own_text(cls: ProjectClass) -> Function | None:
    """Return the `__str__` of an enumeration, if all it can look at is the member."""
    function = cls.find(_TEXT)
    if not isinstance(function, Function) or len(function.node.params.params) != 1:
        return None
    (parameter,) = function.node.params.params
    allowed = {parameter.name.value, "str"}
    body = list(walk(function.node.body))
    returns = [node for node in body if isinstance(node, cst.Return)]
    lines = [node for node in body if isinstance(node, cst.SimpleStatementLine)]
    loaded = [node.value for node in body if isinstance(node, cst.Name)]
    attributes = {node.attr.value for node in body if isinstance(node, cst.Attribute)}
    is_plain = len(returns) == 1 and len(lines) <= 1 and set(loaded) <= allowed | attributes
    return function if is_plain else None


def _bases(cls: ProjectClass, *, has_text: bool) -> tuple[type, ...] | None:
    bases: list[type] = []
    for base in cls.mro:
        match base:
            case ProjectClass():
                special = {name for name in base.own.names if name.startswith("_") and name.endswith("_")}
                if base.is_dataclass or special - {*_INERT, *([_TEXT] * has_text)}:
                    return None
            case Builtin(name=name) if name in _MIXED_IN:
                bases.append(_MIXED_IN[name])
            case External(name=name) if name in _ENUMS:
                bases.append(_ENUMS[name])
            case Builtin(name="object"):
                pass
            case _:
                return None
    return tuple(bases)
