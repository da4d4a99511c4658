"""Where code that is not followed mentions names, and which mentions can do no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import libcst as cst

from remotemedia.compiler._bindings import bound_names, comprehension_names, declared_globals, parameter_names
from remotemedia.compiler._tree import children
from remotemedia.compiler._values import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "HARMLESS",
    "READERS",
    "READING_METHODS",
    "Path",
    "is_called",
    "is_given_to",
    "is_looked_at",
    "is_reading",
    "is_target",
    "loaded_names",
    "mentions_of",
]

Path: TypeAlias = tuple[cst.CSTNode, ...]

HARMLESS: Final = frozenset({
    "bool", "callable", "format", "hash", "id", "isinstance", "len", "print", "repr", "str", "type",
})  # fmt: skip
"""Built-in functions that neither keep nor change what they are given, nor give it back."""

READERS: Final = HARMLESS | frozenset({
    "all", "any", "dict", "enumerate", "filter", "float", "frozenset", "int", "iter", "list", "map", "max", "min",
    "reversed", "set", "sorted", "sum", "tuple", "zip",
})  # fmt: skip
"""Those that may give back the items of a container, which does no harm where the items cannot change."""

READING_METHODS: Final = frozenset({"copy", "count", "get", "index", "items", "keys", "values"})

_ENOUGH: Final = 12  # enclosing nodes that are kept: `a.b.c.d(…)` is judged as a whole


def loaded_names(
    root: cst.CSTNode, local: frozenset[str], but: cst.CSTNode | None = None
) -> Iterator[tuple[cst.Name, Path]]:
    """Give each name that code reads and that is not local to it, with what encloses it, from its parent outwards.

    The part `but` is left out. Bodies of functions inside are read as well, since they may be called: their own names
    are local to them.
    """
    waiting: list[tuple[cst.CSTNode, Path, frozenset[str]]] = [(root, (), local)]
    while waiting:
        node, path, local = waiting.pop()
        if node is but:
            continue
        if isinstance(node, cst.Name):
            if node.value not in local:
                yield node, path
            continue
        local |= _own_names(node)
        inner = (node, *path[:_ENOUGH])
        waiting.extend((child, inner, local) for child in reversed(list(_read(node))))


def mentions_of(names: frozenset[str], root: cst.CSTNode) -> Iterator[tuple[cst.Name, Path]]:
    """Give each name of these that code reads, whatever scope it is of, with what encloses it."""
    waiting: list[tuple[cst.CSTNode, Path]] = [(root, ())]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, cst.Name):
            if node.value in names:
                yield node, path
            continue
        inner = (node, *path[:_ENOUGH])
        waiting.extend((child, inner) for child in reversed(list(_read(node))))


def is_reading(  # noqa: PLR0911 - one a kind of place
    scope: Scope, node: cst.CSTNode, path: Path, *, fixed: bool
) -> bool:
    """Return whether a mention of a list or dict leaves it as it is.

    Args:
        scope: where names are looked up.
        node: the mention.
        path: what encloses it.
        fixed: whether the items cannot change, so that handing them out does no harm.
    """
    if is_looked_at(node, path):
        return True
    parent, *outer = path or (None,)
    match parent:
        case cst.Arg(star="*" | "**"):
            return fixed
        case cst.Arg():
            return is_given_to(scope, path, READERS if fixed else HARMLESS)
        case cst.Attribute():
            return fixed and is_called(parent, tuple(outer)) and parent.attr.value in READING_METHODS
        case cst.Subscript():
            return fixed and parent.value is node and not is_target(parent, path[1:])
        case cst.For() | cst.CompFor():
            return fixed and parent.iter is node
    return False


def is_called(node: cst.CSTNode, path: Path) -> bool:
    """Return whether a mention is the function of a call."""
    return bool(path) and isinstance(path[0], cst.Call) and path[0].func is node


def is_looked_at(node: cst.CSTNode, path: Path) -> bool:
    """Return whether a value is only compared, tested, shown or thrown away here."""
    match path[0] if path else None:
        case cst.FormattedStringExpression() | cst.Comparison() | cst.ComparisonTarget() | cst.Expr() | cst.Assert():
            return True
        case cst.UnaryOperation(operator=cst.Not()):
            return True
        case cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test):
            return test is node
    return False


def is_given_to(scope: Scope, path: Path, functions: frozenset[str]) -> bool:
    """Return whether the argument at the beginning of a path is that of one of these built-in functions."""
    call = path[1] if len(path) > 1 else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Name):
        return False
    return call.func.value in functions and scope.find(call.func.value) is None


def is_target(node: cst.CSTNode, path: Path) -> bool:
    """Return whether an attribute or item is assigned or deleted here."""
    match path[0] if path else None:
        case cst.AssignTarget() | cst.Del() | cst.AsName():
            return True
        case cst.AugAssign(target=target) | cst.AnnAssign(target=target) | cst.For(target=target):
            return target is node
        case cst.Element():  # of a tuple that is assigned to, or of any other: the difference is not worth a search
            return True
    return False


def _own_names(node: cst.CSTNode) -> frozenset[str]:
    """Return the names that are local inside a node."""
    match node:
        case cst.FunctionDef():
            bound = {name.value for name in bound_names(node.body)} - declared_globals(node)
            return frozenset(bound | parameter_names(node.params))
        case cst.Lambda():
            return frozenset(parameter_names(node.params))
        case cst.ListComp() | cst.SetComp() | cst.GeneratorExp() | cst.DictComp():
            return frozenset(comprehension_names(node.for_in))
    return frozenset()


def _read(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Give the parts of a node that it reads: names that it binds or that are mere labels are left out."""
    match node:
        case cst.Attribute():
            yield node.value
        case cst.Annotation() | cst.Import() | cst.ImportFrom() | cst.Global() | cst.Nonlocal() | cst.NameItem():
            return
        case (
            cst.AssignTarget(target=cst.Name())
            | cst.AsName(name=cst.Name())
            | cst.MatchAs(pattern=None)
            | cst.MatchStar()
        ):
            return
        case cst.Arg() | cst.NamedExpr():
            yield node.value
        case cst.For() | cst.CompFor():
            yield from (
                child for child in children(node) if child is not node.target or not isinstance(child, cst.Name)
            )
        case cst.FunctionDef() | cst.ClassDef() | cst.Param() | cst.MatchAs():
            yield from (child for child in children(node) if child is not node.name)
        case cst.MatchKeywordElement():
            yield node.pattern
        case _:
            yield from children(node)
