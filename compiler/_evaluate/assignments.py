"""Assignments, and statements that unbind names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from remotemedia.compiler._evaluate.literals import extend
from remotemedia.compiler._evaluate.operators import combined
from remotemedia.compiler._evaluate.passing import holds_graph, lend, refuse_change
from remotemedia.compiler._library import is_library
from remotemedia.compiler._tree import targets
from remotemedia.compiler._values import (
    External,
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
    plain,
)

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["annotated", "assign", "augmented", "delete", "named", "set_attribute"]


def assign(ev: Evaluator, node: cst.Assign) -> None:
    """Execute `a = b = value`."""
    value = ev.evaluate(node.value)
    for target in node.targets:
        _bind(ev, target.target, value, node.value)


def annotated(ev: Evaluator, node: cst.AnnAssign) -> None:
    """Execute `a: T = value`; without a value it binds nothing."""
    if node.value is not None:
        _bind(ev, node.target, ev.evaluate(node.value), node.value)


def named(ev: Evaluator, node: cst.NamedExpr) -> Value:
    """Evaluate `(a := value)`."""
    value = ev.evaluate(node.value)
    _bind(ev, node.target, value, node.value)
    return value


def augmented(ev: Evaluator, node: cst.AugAssign) -> None:
    """Execute `a += value`; a list is extended in place."""
    before, value = ev.evaluate(node.target), ev.evaluate(node.value)
    if isinstance(before, Items) and before.kind == "list" and isinstance(node.operator, cst.AddAssign):
        extend(ev, before, value, node)
        return
    if isinstance(before, (Items, Table)):
        lend(ev, before, node, to="an assignment in place")
    _bind(ev, node.target, combined(ev, before, node.operator, value, node), node.value)


def delete(ev: Evaluator, node: cst.Del) -> None:
    """Execute `del a, b[c]`."""
    for name in targets(node.target):
        ev.scope.names.pop(name.value, None)
    parts = node.target.elements if isinstance(node.target, (cst.Tuple, cst.List)) else ()
    for target in (node.target, *(part.value for part in parts)):
        if isinstance(target, (cst.Attribute, cst.Subscript)):
            _change(ev, target, None, node)


def set_attribute(ev: Evaluator, owner: Value, node: cst.CSTNode) -> None:
    """Refuse that an attribute is set of a node after it was made (RM113), or of what the graph is made of (RM106)."""
    match owner:
        case NodeInstance():
            label, help_ = "set after the node was made", "pass the value to the constructor"
            ev.findings.add("RM113", "a node is changed after it was made", ev.place(node), label, help=help_)
        case PipelineInstance():
            refuse_change(ev, owner, ev.place(node), "a pipeline's attributes are not followed")
        case LibraryClass():
            refuse_change(ev, None, ev.place(node), f"`{owner.name}` itself is changed")
        case External() if is_library(owner.name):
            refuse_change(ev, None, ev.place(node), f"`{owner.name}` itself is changed")


def _bind(ev: Evaluator, target: cst.BaseExpression, value: Value, source: cst.BaseExpression) -> None:
    match target:
        case cst.Name():
            ev.scope.names[target.value] = value
        case cst.Tuple() | cst.List():
            _unpack(ev, target, value, source)
        case cst.Attribute() | cst.Subscript():
            _change(ev, target, value, source)
        case cst.StarredElement():
            _bind(ev, target.value, value, source)


def _unpack(ev: Evaluator, target: cst.Tuple | cst.List, value: Value, source: cst.BaseExpression) -> None:
    starred = any(isinstance(element, cst.StarredElement) for element in target.elements)
    known = isinstance(value, Items) and value.kind != "set" and value.lost is None and not starred
    if known and isinstance(value, Items) and len(value.items) == len(target.elements):
        for element, item in zip(target.elements, list(value.items), strict=True):
            _bind(ev, element.value, item, source)
        return
    if holds_graph(ev, value):
        lend(ev, value, source, to="an unpacking")
    why = ev.opaque(source, value)
    for element in target.elements:
        _bind(ev, element.value, why, source)


def _change(ev: Evaluator, target: cst.Attribute | cst.Subscript, value: Value | None, source: cst.CSTNode) -> None:
    """Set or delete an attribute or item; without a value it is deleted."""
    owner = ev.evaluate(target.value)
    attr = target.attr.value if isinstance(target, cst.Attribute) else None
    match owner:
        case ProjectModule() if attr is not None and value is not None:
            owner.scope.names[attr] = value
        case ProjectClass() if attr is not None and value is not None:
            owner.own.names[attr] = value
        case Items() | Table() if isinstance(target, cst.Subscript):
            _set_item(ev, owner, target, value)
        case _:
            set_attribute(ev, owner, target)
            if value is not None and holds_graph(ev, value):
                lend(ev, value, source, to="an object")


def _set_item(ev: Evaluator, owner: Items | Table, target: cst.Subscript, value: Value | None) -> None:
    why: Unknown | None = None
    try:
        index = target.slice[0].slice if len(target.slice) == 1 else None
        if not isinstance(index, cst.Index) or value is None:
            why = ev.opaque(target)
        elif isinstance(owner, Table):
            owner.entries[plain(ev.evaluate(index.value))] = value
        else:
            owner.items[plain(ev.evaluate(index.value))] = value
    except NotPlainError as error:
        why = ev.opaque(target, error.value)
    except (LookupError, TypeError):
        why = ev.opaque(target)
    if why is not None:
        if holds_graph(ev, owner) or (value is not None and holds_graph(ev, value)):
            refuse_change(ev, None, ev.place(target), "which item is set is not known")
        owner.lost = owner.lost or why
