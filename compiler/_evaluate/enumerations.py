"""Enumerations of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia.compiler._values import (
    External,
    Function,
    Known,
    Member,
    NotPlainError,
    Prepared,
    ProjectClass,
    Value,
    plain,
)

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["AUTO", "make_members", "member_of"]

AUTO = Prepared("enum.auto", lambda *_: None)
"""What `enum.auto()` gives, until the enumeration is made."""


def make_members(ev: Evaluator, cls: ProjectClass) -> None:
    """Make the members of an enumeration of what its body has bound; an alias is the member it repeats."""
    for name, value in list(cls.own.names.items()):
        if name.startswith("_") or isinstance(value, (Function, ProjectClass)):
            continue
        given = _automatic(ev, cls, name) if value is AUTO else value
        member = next((other for other in cls.members.values() if _equal(other.value, given)), None)
        member = member or Member(cls, name, given)
        cls.members[name] = member
        cls.own.names[name] = member


def member_of(cls: ProjectClass, value: Value) -> Member | None:
    """Return the member that `Color(value)` gives, if there is one."""
    if isinstance(value, Member) and value.cls is cls:
        return value
    return next((member for member in cls.members.values() if _equal(member.value, value)), None)


def _equal(one: Value, other: Value) -> bool:
    try:
        return bool(plain(one) == plain(other))
    except NotPlainError:
        return one is other


def _automatic(ev: Evaluator, cls: ProjectClass, name: str) -> Value:
    """Return the value of `auto()`: the highest so far and one, the next power of two, or the name in small letters."""
    kinds = {base.name for base in cls.mro if isinstance(base, External)}
    if "enum.StrEnum" in kinds:
        return Known(name.lower())
    values = [member.value.value for member in cls.members.values() if isinstance(member.value, Known)]
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) != len(cls.members) or "_generate_next_value_" in cls.own.names:
        return ev.unknown("what `auto()` gives", cls.node)
    if kinds & {"enum.Flag", "enum.IntFlag"}:
        return Known(1 << max(numbers, default=0).bit_length())
    return Known(max(numbers, default=0) + 1)
