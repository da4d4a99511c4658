"""What operations of Python do to objects of the project's own classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._evaluate.members import members_in_order
from remotemedia.compiler._values import (
    Bound,
    External,
    Function,
    Instance,
    Items,
    Iteration,
    Member,
    NotPlainError,
    ProjectClass,
)

if TYPE_CHECKING:
    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["is_own_only", "iterable_of", "truth_of"]

_PLAIN_ENUMS: Final = frozenset({"enum.Enum", "enum.Flag"})


def iterable_of(ev: Evaluator, value: Instance | ProjectClass, node: cst.CSTNode) -> Items | Iteration:
    """Return what an enumeration, a `NamedTuple` or an object with `__iter__` gives in its place when it is iterated.

    Raises:
        NotPlainError: that is not known.
    """
    if isinstance(value, ProjectClass):
        if not value.is_enum:
            raise NotPlainError(ev.unknown(f"the class `{value.name}`, which is iterated", node))
        members = members_in_order(value)
        if members is None:
            raise NotPlainError(ev.unknown(f"the members of `{value.name}`", node))
        return Items("list", list(members))
    if value.cls.is_tuple:
        return Items("list", list(value.attributes.values()))
    method = value.cls.find("__iter__")
    if isinstance(method, Function):
        from remotemedia.compiler._evaluate.arguments import Arguments  # noqa: PLC0415 - it needs iteration itself

        given = ev.call(Bound(method, value), Arguments(()), node)
        if isinstance(given, Iteration):
            return given
    raise NotPlainError(ev.unknown(f"an instance of `{value.cls.name}`, which is iterated", node))


def is_own_only(value: Instance | Member) -> bool:
    """Return whether an object equals itself and nothing else: no class of its line says otherwise."""
    if value.cls.find("__eq__") is not None or value.cls.find("__hash__") is not None:
        return False
    if isinstance(value, Member):  # one of `IntEnum` equals a number
        line = (base for base in value.cls.mro if not isinstance(base, ProjectClass))
        return all(isinstance(base, External) and base.name in _PLAIN_ENUMS for base in line)
    return not value.cls.is_tuple and not any(getattr(base, "is_dataclass", False) for base in value.cls.mro)


def truth_of(value: Instance) -> bool | None:
    """Return whether an instance is true in a condition: it is, unless its class says what it is, or it is a tuple."""
    if value.cls.is_tuple:
        return bool(value.attributes) if value.lost is None else None
    return None if value.cls.find("__bool__") is not None or value.cls.find("__len__") is not None else True
