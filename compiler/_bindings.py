"""Which names a piece of code binds, by the rules of Python's reference, section 4.2.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from remotemedia.compiler._tree import children, targets

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bound_names", "comprehension_names", "declared_globals", "parameter_names"]


def bound_names(node: cst.CSTNode) -> Iterator[cst.Name]:
    """Give the names that running this code binds in its own scope; bodies of functions and classes are others'."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield from _bound_by(node)
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            waiting.extend(node.decorators)
        elif not isinstance(node, cst.Lambda):
            waiting.extend(children(node))


def declared_globals(function: cst.FunctionDef) -> set[str]:
    """Return the names that a function declares `global` or `nonlocal`."""
    found: set[str] = set()
    waiting: list[cst.CSTNode] = [function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (cst.Global, cst.Nonlocal)):
            found.update(item.name.value for item in node.names)
        elif not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            waiting.extend(children(node))
    return found


def comprehension_names(comprehension: cst.CompFor) -> set[str]:
    """Return the names of a comprehension's own scope."""
    names: set[str] = set()
    current: cst.CompFor | None = comprehension
    while current is not None:
        names.update(name.value for name in targets(current.target))
        current = current.inner_for_in
    return names


def parameter_names(parameters: cst.Parameters) -> set[str]:
    """Return the names of all parameters."""
    listed = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
    listed += [star for star in (parameters.star_arg, parameters.star_kwarg) if isinstance(star, cst.Param)]
    return {parameter.name.value for parameter in listed}


def _bound_by(node: cst.CSTNode) -> Iterator[cst.Name]:
    match node:
        case cst.AssignTarget() | cst.AnnAssign() | cst.AugAssign() | cst.For():
            yield from targets(node.target)
        case cst.NamedExpr(target=cst.Name() as target):
            yield target
        case cst.FunctionDef() | cst.ClassDef():
            yield node.name
        case cst.AsName(name=name):
            yield from targets(name)
        case cst.ImportAlias(asname=None):
            first = node.name
            while isinstance(first, cst.Attribute):
                first = first.value if isinstance(first.value, (cst.Name, cst.Attribute)) else first.attr
            yield first
        case cst.Del():
            yield from targets(node.target)
        case cst.MatchAs(name=cst.Name() as name) | cst.MatchStar(name=cst.Name() as name):
            yield name
        case cst.MatchMapping(rest=cst.Name() as name):
            yield name
