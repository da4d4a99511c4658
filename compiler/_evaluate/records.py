"""Dataclasses and named tuples of the project: what the standard library's functions make of their fields."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Argument, Arguments, given
from remotemedia.compiler._evaluate.lifting import identity, value_of_key
from remotemedia.compiler._evaluate.operators import compared
from remotemedia.compiler._evaluate.signatures import fields_of, option_of, signature_of
from remotemedia.compiler._tree import walk
from remotemedia.compiler._values import (
    FilePath,
    Function,
    Instance,
    Items,
    Known,
    LibraryClass,
    Member,
    NotPlainError,
    Prepared,
    ProjectClass,
    RecordField,
    Table,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["RECORD_FUNCTIONS", "are_equal", "tuple_method"]

_Handler: TypeAlias = "Callable[[Evaluator, Arguments, cst.CSTNode], Value | None]"
_MAX_DEPTH: Final = 64


def are_equal(ev: Evaluator, one: Instance, other: Instance, node: cst.CSTNode) -> bool | None:
    """Return whether two instances of dataclasses are equal; None for others.

    Raises:
        NotPlainError: that is not known.
    """
    if not (_is_compared(one.cls) and _is_compared(other.cls)):
        return None
    if one.cls is not other.cls:
        return False
    for name in fields_of(one.cls):
        left, right = (_field(ev, each, name, node) for each in (one, other))
        if left is right:
            continue
        result = compared(ev, left, cst.Equal(), right, node)
        if not isinstance(result, Known):
            raise NotPlainError(ev.opaque(node, result))
        if not result.value:
            return False
    return True


def tuple_method(record: Instance, name: str) -> Value | None:
    """Return a method that a `NamedTuple` has beside those of a tuple, or its `_fields`."""
    if name == "_fields":
        return Items("tuple", [Known(field) for field in fields_of(record.cls)])
    handler = _TUPLE_METHODS.get(name)
    return None if handler is None else Prepared(name, partial(_call_method, handler, record), (record,))


def _call_method(
    handler: _Handler, record: Instance, ev: Evaluator, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    return handler(ev, Arguments((Argument(None, record, ev.place(node)), *arguments.given), arguments.unknown), node)


def _as_dict(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    record = found[0][0] if found is not None else None
    is_record = isinstance(record, Instance) and _is_record(record.cls)
    return _taken_apart(ev, record, node, "dict", 0) if record is not None and is_record else None


def _as_tuple(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    record = found[0][0] if found is not None else None
    is_record = isinstance(record, Instance) and _is_record(record.cls)
    return _taken_apart(ev, record, node, "tuple", 0) if record is not None and is_record else None


def _entries(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    record = found[0][0] if found is not None else None
    if not isinstance(record, Instance):
        return None
    return Table({name: _field(ev, record, name, node) for name in fields_of(record.cls)})


def _replace(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Call the class anew with the fields of an instance, some of them changed."""
    record = arguments.given[0].value if arguments.given else None
    changed = arguments.given[1:]
    if not isinstance(record, Instance) or arguments.unknown is not None or any(each.name is None for each in changed):
        return None
    signature = signature_of(record.cls)
    if isinstance(signature, Unknown) or _has_own_init(record.cls):
        return None
    named = {each.name for each in changed}
    kept = [name for name in fields_of(record.cls) if name in signature.parameters and name not in named]
    place = ev.place(node)
    return ev.call(
        record.cls,
        Arguments((*(Argument(name, _field(ev, record, name, node), place) for name in kept), *changed)),
        node,
    )


def _fields(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    match found[0] if found is not None else []:
        case [ProjectClass() as cls] | [Instance(cls=cls)] if _is_record(cls):
            return Items("tuple", [RecordField("a field of a dataclass", name) for name in fields_of(cls)])
    return None


def _is_dataclass_call(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    match found[0] if found is not None else []:
        case [ProjectClass() as cls] | [Instance(cls=cls)]:
            return Known(_is_record(cls))
        case [Known() | Items() | Table() | FilePath()]:
            return Known(False)  # noqa: FBT003 - a value, not a flag
    return None


def _taken_apart(ev: Evaluator, value: Value, node: cst.CSTNode, kind: Literal["dict", "tuple"], depth: int) -> Value:
    """Return a value with a dict or tuple in place of each dataclass, and all containers copied.

    Raises:
        NotPlainError: a part is not known, or something else than plain data would be copied.
    """
    ev.step(ev.source, node)
    if depth > _MAX_DEPTH:
        raise NotPlainError(ev.unknown("a container that is too large", node))

    def inside(part: Value) -> Value:
        return _taken_apart(ev, part, node, kind, depth + 1)

    match value:
        case Instance(lost=None, cls=cls) if _is_record(cls):
            made = {name: inside(_field(ev, value, name, node)) for name in fields_of(cls)}
            return Table(dict(made)) if kind == "dict" else Items("tuple", list(made.values()))
        case Items(lost=None, kind="list" | "tuple"):
            return Items(value.kind, [inside(item) for item in value.items])
        case Items(lost=None) if all(isinstance(item, (Known, Member)) for item in value.items):
            return Items(value.kind, list(value.items))
        case Table(lost=None, kind="dict", missing=None):
            keys = [value_of_key(key) for key in value.entries]
            if all(isinstance(key, (Known, Member)) for key in keys):
                return Table(
                    {identity(key): inside(item) for key, item in zip(keys, value.entries.values(), strict=True) if key}
                )
        case Known() | Member() | FilePath() | ProjectClass() | LibraryClass() | Function():
            return value
    raise NotPlainError(ev.opaque(node, value))


def _field(ev: Evaluator, record: Instance, name: str, node: cst.CSTNode) -> Value:
    """Return a field as it is now.

    Raises:
        NotPlainError: that is not known.
    """
    if record.lost is not None:
        raise NotPlainError(record.lost)
    found = record.attributes.get(name)
    if found is None:
        raise NotPlainError(ev.unknown(f"`{name}` of an instance of `{record.cls.name}`", node))
    return found


def _is_record(cls: ProjectClass) -> bool:
    return any(isinstance(base, ProjectClass) and base.is_dataclass for base in cls.mro)


def _has_own_init(cls: ProjectClass) -> bool:
    return any(isinstance(base, ProjectClass) and "__init__" in base.own.names for base in cls.mro)


def _is_compared(cls: ProjectClass) -> bool:
    """Return whether a dataclass compares all of its fields, as it does unless told otherwise."""
    if not cls.is_dataclass or cls.find("__eq__") is not None or option_of(cls, "eq") is False:
        return False
    bodies = [base.node.body for base in cls.mro if isinstance(base, ProjectClass)]
    keywords = (part.keyword for body in bodies for part in walk(body) if isinstance(part, cst.Arg))
    return not any(keyword is not None and keyword.value == "compare" for keyword in keywords)


RECORD_FUNCTIONS: Final[dict[str, _Handler]] = {
    "dataclasses.asdict": _as_dict,
    "dataclasses.astuple": _as_tuple,
    "dataclasses.fields": _fields,
    "dataclasses.is_dataclass": _is_dataclass_call,
    "dataclasses.replace": _replace,
}
"""Functions of `dataclasses`, by dotted name."""

_TUPLE_METHODS: Final[dict[str, _Handler]] = {"_asdict": _entries, "_replace": _replace}
