"""Names, attributes and items."""

from __future__ import annotations

import builtins
import math
import os
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._evaluate.library import refuse_library_name
from remotemedia.compiler._evaluate.passing import holds_graph, lend
from remotemedia.compiler._evaluate.paths import path_attribute
from remotemedia.compiler._library import PIPELINE_READS, is_library, library_attribute
from remotemedia.compiler._values import (
    Builtin,
    External,
    FilePath,
    Items,
    Known,
    Method,
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

__all__ = ["attribute_of", "item", "name"]

_KEYWORDS: Final = {"None": None, "True": True, "False": False, "__debug__": True}
_CONSTANTS: Final[dict[str, Any]] = {
    "math.e": math.e,
    "math.inf": math.inf,
    "math.nan": math.nan,
    "math.pi": math.pi,
    "math.tau": math.tau,
    "os.curdir": os.curdir,
    "os.extsep": os.extsep,
    "os.pardir": os.pardir,
    "typing.TYPE_CHECKING": False,
}


def name(ev: Evaluator, node: cst.Name) -> Value:
    """Look up a name."""
    if node.value in _KEYWORDS:
        return Known(_KEYWORDS[node.value])
    value = ev.scope.find(node.value)
    if value is not None:
        return value
    if hasattr(builtins, node.value):
        return Builtin(node.value)
    return Unknown(f"`{node.value}`, which is defined nowhere", ev.place(node), foreign=True)


def attribute_of(  # noqa: PLR0911 - one a kind of value
    ev: Evaluator, value: Value, attr: str, node: cst.CSTNode
) -> Value:
    """Return an attribute of a value; a method until it is called."""
    match value:
        case Unknown():
            return value
        case ProjectModule():
            found = value.scope.find(attr)
            return found or ev.unknown(f"`{attr}`, which `{value.name}` does not define", node)
        case External():
            return _external(ev, value, attr, node)
        case FilePath():
            return path_attribute(value, attr) or Method(value, attr)
        case PipelineInstance() if attr == "name":
            return value.name
        case PipelineInstance() if attr == "nodes":
            return Items("tuple", list(value.nodes))
        case PipelineInstance() if attr in PIPELINE_READS:
            return ev.unknown(f"`{attr}` of a pipeline", node)
        case NodeInstance():
            return ev.unknown(f"`{attr}` of a node", node)
        case ProjectClass():
            owners = (base.own.names for base in value.mro if isinstance(base, ProjectClass))
            found = next((names[attr] for names in owners if attr in names), None)
            return found or ev.unknown(f"`{value.name}.{attr}`", node)
    return Method(value, attr)


def item(ev: Evaluator, node: cst.Subscript) -> Value:
    """Evaluate `a[b]` of a known list, tuple, dict or string."""
    value = ev.evaluate(node.value)
    keys = [ev.evaluate(part.slice.value) for part in node.slice if isinstance(part.slice, cst.Index)]
    found = _item_of(value, keys[0]) if len(keys) == len(node.slice) == 1 else None
    if found is None and holds_graph(ev, value):
        lend(ev, value, node, to="an index that is not known")
    return found or ev.opaque(node, value, *keys)


def _item_of(value: Value, index: Value) -> Value | None:
    try:
        key = plain(index)
        match value:
            case Items(lost=None, kind="list" | "tuple"):
                found: Value = value.items[key]
                return found
            case Table(lost=None):
                return value.entries[key]
            case Known(value=str() | bytes() as text):
                return Known(text[key])
    except (LookupError, NotPlainError, TypeError):
        pass
    return None


def _external(ev: Evaluator, value: External, attr: str, node: cst.CSTNode) -> Value:
    dotted = f"{value.name}.{attr}"
    if dotted in _CONSTANTS:
        return Known(_CONSTANTS[dotted])
    if is_library(value.name):
        found = library_attribute(value.name, attr)
        if found is None:
            refuse_library_name(ev, value.name, attr, node)
            return Unknown(f"`{dotted}`, which does not exist", ev.place(node), reported=True)
        return found
    return External(dotted, ev.place(node))
