"""Names, attributes and items."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._evaluate.attributes import attribute_of_value, item_of
from remotemedia.compiler._evaluate.instances import (
    attribute_of_class,
    attribute_of_instance,
    attribute_of_super,
    tuple_of,
)
from remotemedia.compiler._evaluate.library import refuse_library_name
from remotemedia.compiler._evaluate.own_operators import called_special
from remotemedia.compiler._evaluate.passing import holds_graph, lend, refuse_change
from remotemedia.compiler._evaluate.records import tuple_method
from remotemedia.compiler._evaluate.standard import CONSTANTS
from remotemedia.compiler._evaluate.uses import CHANGING_ATTRIBUTES
from remotemedia.compiler._library import is_library, library_attribute
from remotemedia.compiler._values import (
    Builtin,
    External,
    Instance,
    Items,
    Known,
    LibraryClass,
    Member,
    Method,
    NodeInstance,
    NotPlainError,
    PipelineInstance,
    ProjectClass,
    ProjectModule,
    Super,
    Unknown,
    Value,
    plain,
)

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["attribute_of", "item", "key_of", "name"]

_KEYWORDS: Final = {"None": None, "True": True, "False": False, "__debug__": True}


def name(ev: Evaluator, node: cst.Name) -> Value:
    """Look up a name."""
    if node.value in _KEYWORDS:
        return Known(_KEYWORDS[node.value])
    value = ev.scope.find(node.value)
    if value is not None:
        return value
    if ev.scope.is_unset(node.value):
        return ev.unknown(f"`{node.value}`, which is not set yet", node)
    if hasattr(builtins, node.value):
        return Builtin(node.value)
    ev.doubt()
    return Unknown(f"`{node.value}`, which is defined nowhere", ev.place(node), foreign=True)


def attribute_of(  # noqa: C901, PLR0911 - one a kind of value
    ev: Evaluator, value: Value, attr: str, node: cst.CSTNode
) -> Value:
    """Return an attribute of a value; a method until it is called."""
    match value:
        case Unknown():
            ev.doubt()
            return value
        case ProjectModule():
            found = value.scope.find(attr)
            return found or ev.unknown(f"`{attr}`, which `{value.name}` does not define", node)
        case External():
            return _external(ev, value, attr, node)
        case PipelineInstance():
            return _of_pipeline(ev, value, attr, node)
        case NodeInstance():
            return _of_node(ev, value, attr, node)
        case Instance():
            return _of_instance(ev, value, attr, node)
        case Member():
            if attr in {"name", "_name_"}:
                return Known(value.name)
            if attr in {"value", "_value_"}:
                return value.value
            own = attribute_of_instance(ev, value, attr, node)
            return own or _of_text(value, attr) or ev.opaque(node)
        case Super():
            return attribute_of_super(value, attr)
    found = attribute_of_value(value, attr)
    if isinstance(value, ProjectClass):
        found = found or attribute_of_class(value, attr)
        return found or ev.unknown(f"`{value.name}.{attr}`", node)
    return found or Method(value, attr)


def item(ev: Evaluator, node: cst.Subscript) -> Value:
    """Evaluate `a[b]`, `a[b:c]` and `a[b, c]`."""
    value = tuple_of(ev.evaluate(node.value))
    key = key_of(ev, node)
    if isinstance(value, ProjectClass) and value.is_enum and isinstance(key, Known):
        return value.members.get(key.value) or ev.opaque(node)
    found = item_of(ev, value, key, node) or called_special(ev, value, "__getitem__", [key], node)
    if found is None and holds_graph(ev, value):
        lend(ev, value, node, to="an index that is not known")
    return found or ev.opaque(node, value, key)


def key_of(ev: Evaluator, node: cst.Subscript) -> Value:
    """Return what stands between the brackets: a value, a `slice`, or a tuple of these."""
    keys = [_key(ev, part.slice) for part in node.slice]
    return keys[0] if len(keys) == 1 and not isinstance(node.slice[0].comma, cst.Comma) else Items("tuple", keys)


def _key(ev: Evaluator, node: cst.BaseSlice) -> Value:
    if isinstance(node, cst.Index):
        return ev.evaluate(node.value)
    bounds = cst.ensure_type(node, cst.Slice)
    parts = [Known(None) if part is None else ev.evaluate(part) for part in (bounds.lower, bounds.upper, bounds.step)]
    try:
        return Known(slice(*(plain(part) for part in parts)))
    except NotPlainError as error:
        return ev.opaque(node, error.value)


def _of_pipeline(ev: Evaluator, value: PipelineInstance, attr: str, node: cst.CSTNode) -> Value:
    if attr == "name":
        return value.name
    if attr == "nodes":
        nodes = value.all_nodes()
        ev.charge(len(nodes))
        return Items("tuple", list(nodes))
    own = attribute_of_instance(ev, value, attr, node)
    return own or Method(value, attr)


def _of_node(ev: Evaluator, value: NodeInstance, attr: str, node: cst.CSTNode) -> Value:
    """Return an attribute of a node: its name, where that is given to a class that cannot change it."""
    given = value.arguments.get("name")
    if attr == "name" and isinstance(value.cls, LibraryClass):
        absent = given is None or (isinstance(given, Known) and given.value is None)
        return Known(value.cls.name) if given is None or absent else given
    if attr in CHANGING_ATTRIBUTES:
        refuse_change(ev, None, ev.place(node), "by it a node may be changed")
    return ev.unknown(f"`{attr}` of a node", node)


def _of_text(value: Member, attr: str) -> Value | None:
    """Return a method of the text that a member of an enumeration is as well."""
    is_text = isinstance(value.real, str) and hasattr(str, attr)
    return Method(Known(str.__str__(value.real)), attr) if is_text else None


def _of_instance(ev: Evaluator, value: Instance, attr: str, node: cst.CSTNode) -> Value:
    if value.lost is not None:
        ev.doubt()
        return value.lost
    if attr == "__class__":
        return value.cls
    found = attribute_of_instance(ev, value, attr, node)
    if found is not None:
        return found
    if attr == "__dict__":
        lend(ev, value, node, to="an access of `__dict__`")
    elif value.cls.is_tuple:
        return tuple_method(value, attr) or Method(tuple_of(value), attr)
    return ev.unknown(f"`{attr}` of an instance of `{value.cls.name}`", node)


def _external(ev: Evaluator, value: External, attr: str, node: cst.CSTNode) -> Value:
    dotted = f"{value.name}.{attr}"
    if dotted in CONSTANTS:
        return Known(CONSTANTS[dotted])
    if is_library(value.name):
        found = library_attribute(value.name, attr)
        if found is None:
            refuse_library_name(ev, value.name, attr, node)
            return Unknown(f"`{dotted}`, which does not exist", ev.place(node), reported=True)
        return found
    return External(dotted, ev.place(node))
