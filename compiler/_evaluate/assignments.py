"""Assignments, and statements that unbind names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from remotemedia.compiler._evaluate.attributes import delete_item, item_of, set_item
from remotemedia.compiler._evaluate.instances import set_instance_attribute, tuple_of
from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._evaluate.literals import extend
from remotemedia.compiler._evaluate.names import attribute_of, key_of
from remotemedia.compiler._evaluate.operators import combined
from remotemedia.compiler._evaluate.own_operators import has_operators
from remotemedia.compiler._evaluate.passing import holds_graph, lend, refuse_change
from remotemedia.compiler._library import PIPELINE_READS, is_library
from remotemedia.compiler._tree import targets
from remotemedia.compiler._values import (
    External,
    Instance,
    Items,
    LibraryClass,
    NodeInstance,
    NotPlainError,
    PipelineInstance,
    ProjectClass,
    ProjectModule,
    Table,
    Unknown,
    Value,
    size_of,
)

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["annotated", "assign", "augmented", "bind", "delete", "named", "set_attribute", "set_named"]


def assign(ev: Evaluator, node: cst.Assign) -> None:
    """Execute `a = b = value`."""
    value = ev.evaluate(node.value)
    for target in node.targets:
        bind(ev, target.target, value, node.value)


def annotated(ev: Evaluator, node: cst.AnnAssign) -> None:
    """Execute `a: T = value`; without a value it binds nothing."""
    if node.value is not None:
        bind(ev, node.target, ev.evaluate(node.value), node.value)


def named(ev: Evaluator, node: cst.NamedExpr) -> Value:
    """Evaluate `(a := value)`."""
    value = ev.evaluate(node.value)
    bind(ev, node.target, value, node.value)
    return value


def augmented(ev: Evaluator, node: cst.AugAssign) -> None:
    """Execute `a += value`; containers are changed in place."""
    owner = ev.evaluate(node.target.value) if isinstance(node.target, (cst.Attribute, cst.Subscript)) else None
    key = key_of(ev, node.target) if isinstance(node.target, cst.Subscript) else None
    match node.target:
        case cst.Attribute() as target if owner is not None:
            before = attribute_of(ev, owner, target.attr.value, target)
        case cst.Subscript() as target if owner is not None and key is not None:
            before = item_of(ev, owner, key, target) or ev.opaque(target, owner, key)
        case _:
            before = ev.evaluate(node.target)
    value = ev.evaluate(node.value)
    made = _in_place(ev, node, before, value)
    ev.charge(0 if made is before else size_of(made))
    match node.target:
        case cst.Attribute() as target if owner is not None:
            set_named(ev, owner, target.attr.value, made, target)
        case cst.Subscript() as target if owner is not None and key is not None:
            _set_item(ev, owner, key, target, made)
        case _:
            bind(ev, node.target, made, node.value)


def delete(ev: Evaluator, node: cst.Del) -> None:
    """Execute `del a, b[c]`."""
    for name in targets(node.target):
        scope = ev.scope.target(name.value)
        if scope.names.pop(name.value, None) is None:
            ev.doubt()
    parts = node.target.elements if isinstance(node.target, (cst.Tuple, cst.List)) else ()
    for target in (node.target, *(part.value for part in parts)):
        if isinstance(target, cst.Attribute):
            set_named(ev, ev.evaluate(target.value), target.attr.value, None, target)
        elif isinstance(target, cst.Subscript):
            _set_item(ev, ev.evaluate(target.value), key_of(ev, target), target, None)


def bind(ev: Evaluator, target: cst.BaseExpression, value: Value, source: cst.CSTNode) -> None:
    """Bind the names, attributes and items of a target to a value, or to its parts."""
    match target:
        case cst.Name():
            if isinstance(value, Unknown):
                value = value.set_to(target.value, ev.place(target))
            ev.scope.bind(target.value, value)
        case cst.Tuple() | cst.List():
            _unpack(ev, target, value, source)
        case cst.Attribute():
            set_named(ev, ev.evaluate(target.value), target.attr.value, value, target)
        case cst.Subscript():
            _set_item(ev, ev.evaluate(target.value), key_of(ev, target), target, value)
        case cst.StarredElement():
            bind(ev, target.value, value, source)


def set_attribute(ev: Evaluator, owner: Value, node: cst.CSTNode) -> None:
    """Refuse that an attribute is set of a node after it was made (RM113), or of what the graph is made of (RM106)."""
    match owner:
        case NodeInstance() | Unknown(graph=NodeInstance()):
            label, help_ = "set after the node was made", "pass the value to the constructor"
            ev.findings.add("RM113", "a node is changed after it was made", ev.place(node), label, help=help_)
        case PipelineInstance() | Unknown(graph=PipelineInstance()):
            refuse_change(ev, owner, ev.place(node), "a pipeline's attributes are not followed")
        case LibraryClass():
            refuse_change(ev, None, ev.place(node), f"`{owner.name}` itself is changed")
        case External() if is_library(owner.name):
            refuse_change(ev, None, ev.place(node), f"`{owner.name}` itself is changed")


def _in_place(ev: Evaluator, node: cst.AugAssign, before: Value, value: Value) -> Value:
    match before:
        case Items(kind="list") if isinstance(node.operator, cst.AddAssign):
            ev.charge(len(value.items) if isinstance(value, Items) else 0)
            extend(ev, before, value, node)
            return before
        case Items(kind="set", lost=None) if isinstance(
            made := combined(ev, before, node.operator, value, node), Items
        ):
            before.items[:] = made.items
            return before
        case Table(kind="dict") if isinstance(node.operator, cst.BitOrAssign) and isinstance(value, Table):
            before.entries |= value.entries
            before.lost = before.lost or value.lost
            return before
        case Items(kind="tuple" | "frozenset"):
            pass
        case Items() | Table() | Instance() if not has_operators(before):
            lend(ev, before, node, to="an assignment in place")
    return combined(ev, before, node.operator, value, node)


def _unpack(ev: Evaluator, target: cst.Tuple | cst.List, value: Value, source: cst.CSTNode) -> None:
    elements = list(target.elements)
    stars = [at for at, element in enumerate(elements) if isinstance(element, cst.StarredElement)]
    try:
        items = collected(ev, tuple_of(value), source)
        fits = len(items) >= len(elements) - 1 if stars else len(items) == len(elements)
        why: Unknown | None = None if fits else ev.opaque(source)
    except NotPlainError as error:
        items, why = [], ev.opaque(source, error.value)
    if why is not None:
        if holds_graph(ev, value):
            lend(ev, value, source, to="an unpacking")
        for element in elements:
            bind(ev, element.value, why, source)
        return
    head = stars[0] if stars else len(elements)
    end = len(items) - (len(elements) - head - 1)
    for element, item in zip(elements[:head], items[:head], strict=True):
        bind(ev, element.value, item, source)
    if stars:
        bind(ev, elements[head].value, Items("list", items[head:end]), source)
        for element, item in zip(elements[head + 1 :], items[end:], strict=True):
            bind(ev, element.value, item, source)


def set_named(ev: Evaluator, owner: Value, attr: str, value: Value | None, node: cst.CSTNode) -> None:
    """Set an attribute at a place; without a value it is deleted."""
    match owner:
        case ProjectModule():
            _set_entry(ev, owner.scope.names, attr, value, node)
        case ProjectClass():
            _set_entry(ev, owner.own.names, attr, value, node)
        case Instance():
            set_instance_attribute(ev, owner, attr, value, node)
        case PipelineInstance(cls=ProjectClass() as cls) if value is not None and _is_own(cls, attr):
            owner.attributes[attr] = value
        case _:
            ev.doubt()
            set_attribute(ev, owner, node)
            if value is not None and holds_graph(ev, value):
                lend(ev, value, node, to="an object")


def _set_entry(ev: Evaluator, names: dict[str, Value], attr: str, value: Value | None, node: cst.CSTNode) -> None:
    names[attr] = ev.unknown(f"`{attr}`, which is deleted", node) if value is None else value


def _is_own(cls: ProjectClass, attr: str) -> bool:
    """Return whether an attribute of a pipeline is one that its class in the project has added."""
    return cls.find(attr) is None and attr not in PIPELINE_READS | {"add", "add_node", "connect", "name", "nodes"}


def _set_item(ev: Evaluator, owner: Value, key: Value, target: cst.Subscript, value: Value | None) -> None:
    if delete_item(owner, key) if value is None else set_item(ev, owner, key, value, target):
        return
    ev.doubt()
    if holds_graph(ev, owner) or (value is not None and holds_graph(ev, value)):
        refuse_change(ev, None, ev.place(target), "which item is set is not known")
    lend(ev, owner, target, to="an assignment of an item that is not known")
