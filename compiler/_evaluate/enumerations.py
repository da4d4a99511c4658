"""Enumerations of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Arguments
from remotemedia.compiler._evaluate.lifting import lifted
from remotemedia.compiler._evaluate.members import own_text, twin
from remotemedia.compiler._tree import walk
from remotemedia.compiler._values import (
    Bound,
    Builtin,
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
        if name.startswith("__") or _is_reserved(name) or isinstance(value, (Function, ProjectClass)):
            continue
        given = _automatic(ev, cls, name) if value is AUTO else value
        member = next((other for other in cls.members.values() if _equal(other.value, given)), None)
        cls.members[name] = member or Member(cls, name, given)
    cls.members |= _realised(ev, cls)
    cls.own.names |= cls.members


def member_of(cls: ProjectClass, value: Value) -> Member | None:
    """Return the member that `Color(value)` gives, if there is one."""
    if isinstance(value, Member) and value.cls is cls:
        return value
    return next((member for member in cls.members.values() if _equal(member.value, value)), None)


def _is_reserved(name: str) -> bool:
    return name.startswith("_") and name.endswith("_")


def _realised(ev: Evaluator, cls: ProjectClass) -> dict[str, Member]:
    """Return the members with what behaves like them; where a type is mixed in, their values are of that type."""
    try:
        values = {name: plain(member.value) for name, member in cls.members.items()}
    except NotPlainError:
        values = {}
    real = twin(cls, values, _texts(ev, cls)) if values else None
    if real is None:
        once = {member.name: Member(cls, member.name, _own_value(ev, member)) for member in cls.members.values()}
        return {name: once[member.name] for name, member in cls.members.items()}
    once = {each.name: Member(cls, each.name, lifted(each.value) or ev.opaque(cls.node), each) for each in real}
    for name, each in real.__members__.items():  # aliases, and combinations of flags
        once.setdefault(each.name, Member(cls, each.name, lifted(each.value) or ev.opaque(cls.node), each))
        once[name] = once[each.name]
    return once


def _own_value(ev: Evaluator, member: Member) -> Value:
    """Return the value of a member whose class says itself how members behave, or what they are."""
    mixed_in = next((base.name for base in member.cls.mro if isinstance(base, Builtin) and base.name != "object"), None)
    names = (node.value for node in walk(member.cls.node) if isinstance(node, cst.Name))
    own = member.cls.find("__new__") is not None or "_value_" in names
    is_kept = isinstance(member.value, Known) and type(member.value.value).__name__ == mixed_in
    return (
        ev.unknown(f"`{member.cls.name}.{member.name}`", member.cls.node)
        if own or (mixed_in and not is_kept)
        else member.value
    )


def _texts(ev: Evaluator, cls: ProjectClass) -> dict[str, str] | None:
    """Return what a `__str__` of the class's own gives for its members; None where there is none that is followed."""
    function = own_text(cls)
    if function is None:
        return None
    given = {name: ev.call(Bound(function, member), Arguments(()), cls.node) for name, member in cls.members.items()}
    texts = {name: value.value for name, value in given.items() if isinstance(value, Known)}
    return texts if len(texts) == len(given) else None


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
