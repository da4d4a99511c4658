"""What a file's text does with its names."""

from __future__ import annotations

from collections import Counter

import libcst as cst

from remotemedia.compiler._bindings import bound_names
from remotemedia.compiler._tree import children, walk

__all__ = ["top_level_calls", "unread_names"]


def top_level_calls(tree: cst.Module) -> set[cst.CSTNode]:
    """Return the calls that are made once, when the module is loaded: those outside functions, classes and loops."""
    found: set[cst.CSTNode] = set()
    waiting: list[cst.CSTNode] = list(tree.body)
    inner = (cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.For, cst.While, cst.BaseComp)
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.Call):
            found.add(node)
        if not isinstance(node, inner):
            waiting.extend(children(node))
    return found


def unread_names(tree: cst.Module) -> set[str]:
    """Return the names that the module binds once and mentions nowhere else, not even as an attribute."""
    bound = Counter(name.value for name in bound_names(tree))
    mentioned = Counter(node.value for node in walk(tree) if isinstance(node, cst.Name))
    return {name for name, count in mentioned.items() if count == 1 and bound[name] == 1}
