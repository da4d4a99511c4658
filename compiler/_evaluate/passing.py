"""Code that is not followed: refused if it could touch the graph, otherwise passed over.

What is passed over is not ignored. Names that it binds become unknown, and so do lists and dicts that it may change. A
mention of a pipeline or node is allowed only where it can do no harm, such as in `p.run()` or `print(node)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._bindings import bound_names, declared_globals, parameter_names
from remotemedia.compiler._evaluate.mentions import is_harmless, is_reading, is_target, loaded_names
from remotemedia.compiler._library import PIPELINE, resolve
from remotemedia.compiler._source import Place
from remotemedia.compiler._tree import dotted_name, walk
from remotemedia.compiler._values import (
    Function,
    Items,
    LibraryClass,
    NodeInstance,
    PipelineInstance,
    ProjectClass,
    ProjectModule,
    Scope,
    Table,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.evaluator import Evaluator
    from remotemedia.compiler._source import Source

__all__ = [
    "ESCAPES",
    "calls_pipeline",
    "holds_graph",
    "lend",
    "pass_over",
    "pass_over_expression",
    "pass_over_statement",
    "refuse_change",
    "run_later",
]

_KINDS: Final[dict[type[cst.CSTNode], str]] = {
    cst.DictComp: "a comprehension",
    cst.For: "a `for` loop",
    cst.GeneratorExp: "a generator expression",
    cst.Lambda: "a lambda",
    cst.ListComp: "a comprehension",
    cst.Match: "a `match` statement",
    cst.SetComp: "a comprehension",
    cst.Try: "a `try` statement",
    cst.TryStar: "a `try` statement",
    cst.While: "a `while` loop",
    cst.With: "a `with` statement",
}

_CONSTRUCTORS: Final = frozenset({"__init__", "__new__", "__post_init__"})

ESCAPES: Final = frozenset({"eval", "exec", "globals", "locals", "vars"})
"""Built-in functions by which a program reaches its own names unseen."""

_STRAIGHT: Final = "build the graph in straight statements at the top of the module"


def pass_over(ev: Evaluator, node: cst.CSTNode, *, what: str) -> None:
    """Pass over code in the current scope.

    Args:
        ev: the evaluator.
        node: the code.
        what: what it is, with an article, such as "a `for` loop".
    """
    _Pass(ev, what, ev.source, ev.scope, set()).visit(node)


def pass_over_expression(ev: Evaluator, node: cst.BaseExpression) -> Value:
    """Pass over an expression that has no handler; its value is unknown."""
    pass_over(ev, node, what=_KINDS.get(type(node), "an expression that is not followed"))
    return ev.unknown(f"`{ev.place(node).code()}`", node)


def pass_over_statement(ev: Evaluator, node: cst.CSTNode) -> None:
    """Pass over a statement that has no handler."""
    pass_over(ev, node, what=_KINDS.get(type(node), "a statement that is not followed"))


def lend(ev: Evaluator, value: Value, node: cst.CSTNode, *, to: str) -> None:
    """Give a value to code that is not followed, such as a function from outside the project."""
    if holds_graph(ev, value):
        refuse_change(ev, value, ev.place(node), f"is given to {to}, which is not followed")
        return
    here = ev.place(node)
    for part in ev.contained(value):
        _lose(part, Unknown(f"`{here.code()}`, which {to} may change", here))
        run_later(ev, part, here)


def run_later(ev: Evaluator, value: Value, caller: Place) -> None:
    """Take it that a function or class is called, for what it does to values outside itself."""
    _run(ev, value, caller, set())


def calls_pipeline(function: Function) -> bool:
    """Return whether a function's body makes a pipeline."""
    calls = (node for node in walk(function.node.body) if isinstance(node, cst.Call))
    return any(resolve(function.scope, dotted_name(call.func)) is PIPELINE for call in calls)


def holds_graph(ev: Evaluator, value: Value) -> bool:
    """Return whether a value is, or contains, a pipeline or node."""
    return any(isinstance(part, (PipelineInstance, NodeInstance)) for part in ev.contained(value))


def refuse_change(ev: Evaluator, value: Value | None, place: Place, label: str, *, notes: tuple[str, ...] = ()) -> None:
    """Report that the graph may change in a way that is not followed (RM106)."""
    owner = value if isinstance(value, PipelineInstance) else None
    message = "the graph is changed in a way that cannot be followed"
    ev.findings.add("RM106", message, place, label, notes=notes, help=_STRAIGHT, owner=owner)


def _run(ev: Evaluator, value: Value, caller: Place, seen: set[cst.CSTNode]) -> None:
    if isinstance(value, Function):
        passing = _Pass(ev, f"the function `{value.name}`", value.place.source, value.scope, seen, caller=caller)
        passing.visit_function(value.node)
    elif isinstance(value, ProjectClass):
        for cls in value.mro:
            if isinstance(cls, ProjectClass) and cls.node not in seen:
                seen.add(cls.node)
                _run_methods(ev, cls, caller, seen, is_node=value.is_node)


def _run_methods(ev: Evaluator, cls: ProjectClass, caller: Place, seen: set[cst.CSTNode], *, is_node: bool) -> None:
    what = f"the class `{cls.name}`"
    for method in cls.node.body.body:
        if isinstance(method, cst.FunctionDef):
            later = is_node and method.name.value not in _CONSTRUCTORS
            passing = _Pass(ev, what, cls.place.source, cls.own.module, seen, caller=caller, later=later)
            passing.visit_function(method)


def _lose(value: Value, why: Unknown) -> None:
    if isinstance(value, Table) or (isinstance(value, Items) and value.kind != "tuple"):
        value.lost = value.lost or why


class _Pass:
    """One pass over code that is not followed.

    Attributes:
        seen: the functions and classes of the pass; each is visited once.
        later: whether the code runs only once the graph is complete, as a node's methods do.
    """

    def __init__(
        self,
        ev: Evaluator,
        what: str,
        source: Source,
        scope: Scope,
        seen: set[cst.CSTNode],
        *,
        caller: Place | None = None,
        later: bool = False,
    ) -> None:
        self.ev = ev
        self.what = what
        self.source = source
        self.scope = scope
        self.seen = seen
        self.caller = caller
        self.later = later

    def visit(self, root: cst.CSTNode) -> None:
        """Pass over code that runs in the scope itself."""
        for name in bound_names(root):
            self._forget(name)
        self._visit(root, frozenset())

    def visit_function(self, function: cst.FunctionDef) -> None:
        """Pass over a function's body."""
        if function in self.seen:
            return
        self.seen.add(function)
        declared = declared_globals(function)
        bound = list(bound_names(function.body))
        for name in bound:
            if name.value in declared:
                self._forget(name)
        local = {name.value for name in bound} - declared | parameter_names(function.params)
        self._visit(function.body, frozenset(local))

    def _visit(self, root: cst.CSTNode, local: frozenset[str]) -> None:
        for name, path in loaded_names(root, local):
            self.ev.step(self.source, name)
            self._mention(name, path)

    def _mention(self, node: cst.Name, path: tuple[cst.CSTNode, ...]) -> None:
        """Judge one mention of a name; `path` leads from its parent outwards."""
        spot: cst.CSTNode = node
        owner: Scope | None = None
        value = found = self.scope.find(node.value)
        while isinstance(value, (ProjectModule, ProjectClass)) and path and isinstance(path[0], cst.Attribute):
            owner = value.scope if isinstance(value, ProjectModule) else value.own
            value = owner.names.get(path[0].attr.value)
            spot, path = path[0], path[1:]
        if owner is not None and isinstance(spot, cst.Attribute) and is_target(spot, path):
            self._lose_name(owner, spot.attr)
        elif found is None and node.value in ESCAPES:
            self._refuse(None, node, f"`{node.value}` in {self.what} may change anything")
        elif not self.later and self._makes_pipeline(spot, path):
            self._refuse(None, spot, f"a pipeline is made in {self.what}")
        else:
            self._judge(value or found, spot, path)

    def _judge(self, value: Value | None, spot: cst.CSTNode, path: tuple[cst.CSTNode, ...]) -> None:
        attribute = path[0] if path and isinstance(path[0], cst.Attribute) else None
        if value is None:
            return
        if isinstance(value, LibraryClass):
            if attribute is not None and is_target(attribute, path[1:]):
                self._refuse(None, attribute, f"`{value.name}` itself is changed in {self.what}")
        elif not holds_graph(self.ev, value):
            self._touch(value, spot, path)
        elif not is_harmless(self.scope, value, spot, path):
            self._refuse(value, attribute or spot, f"used in {self.what}, which is not followed")

    def _touch(self, value: Value, spot: cst.CSTNode, path: tuple[cst.CSTNode, ...]) -> None:
        place = Place(self.source, spot)
        parts = list(self.ev.contained(value))
        fixed = not any(part is not value and isinstance(part, (Items, Table)) for part in parts)
        if not self.later and not is_reading(self.scope, spot, path, fixed=fixed):
            for part in parts:
                _lose(part, Unknown(f"`{place.code()}`, which {self.what} may change", place))
        for part in parts:
            _run(self.ev, part, self.caller or place, self.seen)

    def _makes_pipeline(self, spot: cst.CSTNode, path: tuple[cst.CSTNode, ...]) -> bool:
        """Return whether a pipeline is made by a call here, spelled `Pipeline(…)` or `remotemedia.Pipeline(…)`."""
        while path and isinstance(path[0], cst.Attribute):
            spot, path = path[0], path[1:]
        called = bool(path) and isinstance(path[0], cst.Call) and path[0].func is spot
        return called and resolve(self.scope, dotted_name(spot)) is PIPELINE

    def _forget(self, name: cst.Name) -> None:
        """Bind a name to an unknown value, because code that is not followed binds it."""
        scope = self.scope
        while scope.outer is not None and name.value not in scope.names:
            scope = scope.outer
        self._lose_name(scope, name)

    def _lose_name(self, scope: Scope, name: cst.Name) -> None:
        known = scope.names.get(name.value)
        place = Place(self.source, name)
        if known is not None:
            if holds_graph(self.ev, known):
                self._refuse(known, name, f"may be another one after {self.what}")
            _lose(known, Unknown(f"`{name.value}`, which {self.what} may change", place))
        scope.names[name.value] = Unknown(f"`{name.value}`, which is set in {self.what}", place)

    def _refuse(self, value: Value | None, node: cst.CSTNode, label: str) -> None:
        called = self.caller
        notes = (f"it is called in line {called.span().line} of `{called.source.name}`",) if called is not None else ()
        refuse_change(self.ev, value, Place(self.source, node), label, notes=notes)
