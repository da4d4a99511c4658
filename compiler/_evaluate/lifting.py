"""Between what the evaluator knows and the Python objects that it computes with."""

from __future__ import annotations

import enum
import sys
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from types import EllipsisType, NoneType
from typing import TYPE_CHECKING, Any, Final, get_args

from remotemedia.compiler._bounds import MAX_ITEMS
from remotemedia.compiler._evaluate.members import member_for
from remotemedia.compiler._evaluate.objects import is_own_only
from remotemedia.compiler._values import (
    ArrayValue,
    External,
    FilePath,
    Function,
    Instance,
    Items,
    Known,
    LibraryClass,
    Member,
    NodeInstance,
    NotPlainError,
    PipelineInstance,
    ProjectClass,
    Table,
    Unknown,
    Value,
    plain,
)

if TYPE_CHECKING:
    import libcst as cst

    from remotemedia.compiler._evaluate.arguments import Arguments
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["blamed", "identity", "lifted", "numpy_module", "plain_arguments", "value_of_key"]

_SCALARS: Final = (
    NoneType, bool, int, float, complex, str, bytes, range, slice, EllipsisType, Fraction, Decimal, timedelta,
)  # fmt: skip
_MAX_DEPTH: Final = 64


def lifted(value: Any) -> Value | None:
    """Return a computed Python object as a value; None for one that has no place among them."""
    return _lifted(value, [MAX_ITEMS], 0)


def _lifted(  # noqa: PLR0911 - one a kind of object
    value: Any, budget: list[int], depth: int
) -> Value | None:
    budget[0] -= 1
    if budget[0] < 0 or depth > _MAX_DEPTH:
        return None
    if isinstance(value, PurePath):
        return FilePath(value)
    if isinstance(value, enum.Enum):
        return member_for(value)
    if type(value) in _SCALARS:
        return Known(value)
    if type(value) in {list, tuple, set, frozenset}:
        items = [_lifted(item, budget, depth + 1) for item in value]
        known = [item for item in items if item is not None]
        return Items(type(value).__name__, known) if len(known) == len(items) else None  # type: ignore[arg-type]  # one of the four
    if type(value) is dict:
        entries = {key: _lifted(item, budget, depth + 1) for key, item in value.items()}
        known_entries = {key: item for key, item in entries.items() if item is not None}
        return Table(known_entries) if len(known_entries) == len(entries) else None
    numpy = numpy_module()
    if numpy is not None and isinstance(value, (numpy.generic, numpy.dtype, numpy.finfo, numpy.iinfo)):
        return Known(value)
    if numpy is not None and type(value) is numpy.ndarray:
        return ArrayValue(value)
    return None


def numpy_module() -> Any:
    """Return numpy if the evaluator has imported it; without it there are no arrays."""
    return sys.modules.get("numpy")


def plain_arguments(arguments: Arguments) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments as Python objects, those by position and those by name.

    Raises:
        NotPlainError: one of them is not plain, or there may be others.
    """
    if arguments.unknown is not None:
        raise NotPlainError(arguments.unknown[0])
    by_position = [plain(argument.value) for argument in arguments.given if argument.name is None]
    by_name = {argument.name: plain(argument.value) for argument in arguments.given if argument.name is not None}
    return by_position, by_name


def blamed(ev: Evaluator, node: cst.CSTNode, error: NotPlainError) -> Unknown | None:
    """Return why a computation is not known; None where a value is at fault whose own code it might run."""
    value = error.value
    if isinstance(value, (Unknown, External, ArrayValue)) or getattr(value, "lost", None) is not None:
        return ev.opaque(node, value)
    if isinstance(value, Items) and value.kind in {"set", "frozenset"}:
        return ev.unknown("the order of a set", node)
    return None


def identity(value: Value) -> Any:
    """Return what stands for a value in a set or as a key of a dict: its Python object, or the value itself.

    Raises:
        NotPlainError: it is not known, or has no hash.
    """
    if isinstance(value, (PipelineInstance, ProjectClass, LibraryClass, Function)) or _is_same_only_as_itself(value):
        return value
    made = plain(value)
    try:
        hash(made)
    except TypeError as error:
        raise NotPlainError(value) from error
    return made


def value_of_key(key: Any) -> Value | None:
    """Return the value that `identity` gave this for."""
    return key if isinstance(key, get_args(Value)) else lifted(key)


def _is_same_only_as_itself(value: Value) -> bool:
    """Return whether this is a node or other object whose class does not say itself what it equals."""
    if isinstance(value, (Instance, Member)):
        return is_own_only(value)
    if not isinstance(value, NodeInstance):
        return False
    own = (base.own.names for base in getattr(value.cls, "mro", ()) if isinstance(base, ProjectClass))
    return not any(names.keys() & {"__eq__", "__hash__"} for names in own)
