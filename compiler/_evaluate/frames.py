"""What is known of a call while it is followed, and of code before it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import libcst as cst

from remotemedia.compiler._bindings import bound_names, parameter_names
from remotemedia.compiler._tree import children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._values import Function, Unknown, Value

__all__ = ["Exit", "Facts", "Frame", "Guard", "exits", "facts_of"]

Exit: TypeAlias = Literal["break", "continue", "return", "yield"]

_EXITS: Final[dict[type[cst.CSTNode], Exit]] = {
    cst.Break: "break",
    cst.Continue: "continue",
    cst.Return: "return",
    cst.Yield: "yield",
}


@dataclass(eq=False)
class Frame:
    """One module or call that is being evaluated.

    Attributes:
        function: the function that was called; None for a module.
        receiver: the instance or class that it was called on as a method.
        depth: how many followed calls enclose it.
        ends: the ways in which code that was passed over may have left it, and why that is not known. Whatever stands
            behind such code may run or not, so that it is passed over as well.
    """

    function: Function | None = None
    receiver: Value | None = None
    depth: int = 0
    ends: dict[Exit, Unknown] = field(default_factory=dict)


@dataclass(eq=False)
class Guard:
    """A statement that catches exceptions.

    Attributes:
        version: what the graph was when the first could have been raised, if any could.
        why: what may raise it.
    """

    version: tuple[int, int] | None = None
    why: Unknown | None = None


@dataclass(frozen=True, eq=False)
class Facts:
    """What a function's syntax says of its calls.

    Attributes:
        local: the names that belong to a call.
        global_names: those that are declared `global`.
        nonlocal_names: those that are declared `nonlocal`.
        is_generator: whether it contains `yield`.
        is_async: whether it is an `async def`.
        is_regular: whether every `yield` is a statement, or all of an assigned value, so that it can be followed.
    """

    local: frozenset[str]
    global_names: frozenset[str]
    nonlocal_names: frozenset[str]
    is_generator: bool
    is_async: bool
    is_regular: bool


def exits(root: cst.CSTNode) -> frozenset[Exit]:
    """Return the ways in which code may leave what encloses it, other than by an exception."""
    found: set[Exit] = set()
    waiting: list[tuple[cst.CSTNode, bool]] = [(root, False)]
    while waiting:
        node, inside_loop = waiting.pop()
        way = _EXITS.get(type(node))
        if way is not None and not (inside_loop and way in {"break", "continue"}):
            found.add(way)
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            continue
        if isinstance(node, (cst.For, cst.While)):
            orelse = [] if node.orelse is None else [node.orelse]
            waiting.extend((child, True) for child in children(node) if child is not node.orelse)
            waiting.extend((child, inside_loop) for child in orelse)
        else:
            waiting.extend((child, inside_loop) for child in children(node))
    return frozenset(found)


def facts_of(node: cst.FunctionDef | cst.Lambda) -> Facts:
    """Read a function's syntax."""
    if isinstance(node, cst.Lambda):
        is_generator = "yield" in exits(node.body)
        nothing: frozenset[str] = frozenset()
        # A walrus in a lambda binds a name of the lambda's own.
        own = {name.value for name in bound_names(node.body)} | parameter_names(node.params)
        return Facts(frozenset(own), nothing, nothing, is_generator, is_async=False, is_regular=False)
    global_names: set[str] = set()
    nonlocal_names: set[str] = set()
    yields: list[cst.Yield] = []
    regular: set[cst.CSTNode] = set()
    for inner in _own(node.body):
        match inner:
            case cst.Global():
                global_names.update(item.name.value for item in inner.names)
            case cst.Nonlocal():
                nonlocal_names.update(item.name.value for item in inner.names)
            case cst.Yield():
                yields.append(inner)
            case cst.Expr(value=cst.Yield() as value) | cst.Assign(value=cst.Yield() as value):
                regular.add(value)
    declared = global_names | nonlocal_names
    local = {name.value for name in bound_names(node.body)} - declared | parameter_names(node.params)
    return Facts(
        frozenset(local),
        frozenset(global_names),
        frozenset(nonlocal_names),
        bool(yields),
        is_async=node.asynchronous is not None,
        is_regular=all(each in regular for each in yields),
    )


def _own(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Give the nodes of a function's body, without the bodies of functions and classes inside."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            waiting.extend(node.decorators)
        elif not isinstance(node, cst.Lambda):
            waiting.extend(children(node))
