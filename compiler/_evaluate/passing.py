"""Code that is not followed: refused if it could touch the graph, otherwise passed over.

What is passed over is not ignored. Names that it binds become unknown, and so do lists and dicts that it may change. A
mention of a pipeline or node is allowed only where it can do no harm, such as in `p.run()` or `print(node)`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._bindings import bound_names, declared_globals, parameter_names
from remotemedia.compiler._evaluate.frames import exits
from remotemedia.compiler._evaluate.mentions import is_called, is_reading, is_target, loaded_names, mentions_of
from remotemedia.compiler._evaluate.uses import Uses
from remotemedia.compiler._library import PIPELINE, resolve
from remotemedia.compiler._scope import Scope
from remotemedia.compiler._source import Place
from remotemedia.compiler._tree import dotted_name, walk
from remotemedia.compiler._values import (
    ArrayValue,
    Function,
    Instance,
    Items,
    Iteration,
    LibraryClass,
    NodeInstance,
    OpenFile,
    PipelineInstance,
    ProjectClass,
    ProjectModule,
    Table,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from remotemedia.compiler._evaluate.evaluator import Evaluator
    from remotemedia.compiler._source import Source

__all__ = [
    "ESCAPES",
    "forget",
    "hand_out",
    "holds_graph",
    "lend",
    "pass_over",
    "pass_over_expression",
    "pass_over_statement",
    "refuse_change",
    "run_later",
    "run_nodes",
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

ESCAPES: Final = frozenset({"eval", "exec", "globals", "locals", "vars"})
"""Built-in functions by which a program reaches its own names unseen."""

_STRAIGHT: Final = "build the graph where every condition, loop and call is known without running the program"


def pass_over(
    ev: Evaluator,
    node: cst.CSTNode,
    *,
    what: str,
    evaluated: cst.CSTNode | None = None,
    why: Unknown | None = None,
) -> None:
    """Pass over code in the current scope.

    Args:
        ev: the evaluator.
        node: the code.
        what: what it is, with an article, such as "a `for` loop".
        evaluated: a part of it that has been evaluated already, and is not evaluated again.
        why: the value because of which it is not followed.
    """
    _Pass(ev, what, ev.source, ev.scope, set(), why=why).visit(node, evaluated)
    _note_exits(ev, node, what, why)


def forget(ev: Evaluator, node: cst.CSTNode, *, what: str) -> None:
    """Forget what a statement has set that was followed, but may have ended early without a change of the graph."""
    _Pass(ev, what, ev.source, ev.scope, set(), may_mention=True).visit(node)
    _note_exits(ev, node, what)


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


def hand_out(ev: Evaluator, value: Value, node: cst.CSTNode, *, to: str) -> None:
    """Give the parts of a value to code that is not followed, which reads the value itself."""
    for part in list(ev.contained(value)):
        if part is not value:
            lend(ev, part, node, to=to)


def run_later(ev: Evaluator, value: Value, caller: Place, *, why: Unknown | None = None) -> None:
    """Take it that a function or class is called, for what it does to values outside itself."""
    _run(ev, value, caller, set(), why=why)


def run_nodes(ev: Evaluator, nodes: Iterable[NodeInstance], caller: Place) -> None:
    """Take it that nodes run: all methods of their classes."""
    seen: set[object] = set()
    for cls in {id(node.cls): node.cls for node in nodes}.values():
        if isinstance(cls, ProjectClass):
            _run(ev, cls, caller, seen)


def holds_graph(ev: Evaluator, value: Value) -> bool:
    """Return whether a value is, or contains, a pipeline or node."""
    return any(isinstance(part, (PipelineInstance, NodeInstance)) for part in ev.contained(value))


def refuse_change(
    ev: Evaluator,
    value: Value | None,
    place: Place,
    label: str,
    *,
    notes: tuple[str, ...] = (),
    why: Unknown | None = None,
) -> None:
    """Report that the graph may change in a way that is not followed (RM106), with the steps that lead to the cause."""
    owner = value if isinstance(value, PipelineInstance) else None
    message = "the graph is changed in a way that cannot be followed"
    steps = why.told_from(place) if why is not None else ()
    remedy = why.remedy() if why is not None else None
    help_ = _STRAIGHT if remedy is None else f"{_STRAIGHT}; for what only nodes take, {remedy}"
    ev.findings.add("RM106", message, place, label, notes=(*notes, *steps), help=help_, owner=owner)


def _note_exits(ev: Evaluator, node: cst.CSTNode, what: str, why: Unknown | None = None) -> None:
    for way in exits(node):
        cause = Unknown(what, ev.place(node)) if why is None or why.place is None else replace(why, because=what)
        ev.frame.ends.setdefault(way, cause)
    ev.doubt()


def _run(
    ev: Evaluator,
    value: Value,
    caller: Place,
    seen: set[object],
    *,
    may_mention: bool = False,
    why: Unknown | None = None,
) -> None:
    if isinstance(value, Instance):
        value = value.cls
    if isinstance(value, Function):
        what = f"the function `{value.name}`"
        passing = _Pass(
            ev, what, value.place.source, value.scope, seen, caller=caller, may_mention=may_mention, why=why
        )
        passing.visit_function(value.node)
        passing.judge_defaults(value)
    elif isinstance(value, ProjectClass):
        for cls in value.mro:
            if isinstance(cls, ProjectClass) and cls.node not in seen:
                seen.add(cls.node)
                what = f"the class `{cls.name}`"
                passing = _Pass(
                    ev, what, cls.place.source, cls.own.visible, seen,
                    caller=caller, may_mention=may_mention, makes_its_own=value.is_node, why=why,
                )  # fmt: skip
                held = {name for name, attribute in cls.own.names.items() if holds_graph(ev, attribute)}
                for statement in cls.node.body.body:
                    if isinstance(statement, cst.FunctionDef):
                        passing.visit_function(statement)
                        passing.refuse_attributes(statement, held)
                for method in cls.own.names.values():  # functions that were defined elsewhere
                    if isinstance(method, Function):
                        _run(ev, method, caller, seen, may_mention=may_mention, why=why)


def _lose(value: Value, why: Unknown) -> None:
    fixed = isinstance(value, Items) and value.kind in {"tuple", "frozenset"}
    if isinstance(value, (ArrayValue, Instance, Items, Iteration, OpenFile, Table)) and not fixed:
        value.lost = value.lost or why


class _Pass:
    """One pass over code that is not followed.

    Attributes:
        seen: the functions and classes of the pass; each is visited once.
        may_mention: whether the graph may be mentioned, since it is known not to have changed.
        makes_its_own: whether pipelines that are made here are none of the program's, as those that a node makes for
            itself.
        why: the value because of which it is not followed.
        uses: what the code that is visited does with pipelines and nodes.
    """

    def __init__(
        self,
        ev: Evaluator,
        what: str,
        source: Source,
        scope: Scope,
        seen: set[object],
        *,
        caller: Place | None = None,
        may_mention: bool = False,
        makes_its_own: bool = False,
        why: Unknown | None = None,
    ) -> None:
        self.ev = ev
        self.what = what
        self.source = source
        self.scope = scope
        self.seen = seen
        self.caller = caller
        self.may_mention = may_mention
        self.makes_its_own = makes_its_own
        self.why = why
        self.uses = Uses(scope, source.tree)

    def visit(self, root: cst.CSTNode, evaluated: cst.CSTNode | None = None) -> None:
        """Pass over code that runs in the scope itself, but for a part that is evaluated already."""
        for name in bound_names(root):
            self._forget(name)
        self._visit(root, frozenset(), evaluated)

    def visit_function(self, function: cst.FunctionDef | cst.Lambda) -> None:
        """Pass over a function's body."""
        if function in self.seen:
            return
        self.seen.add(function)
        self._visit(function.body, frozenset(self._own_names(function)))

    def refuse_attributes(self, function: cst.FunctionDef, names: Collection[str]) -> None:
        """Refuse attributes of these names: of an object that is not followed, they may be a pipeline or node."""
        for node in walk(function) if names else ():
            if isinstance(node, cst.Attribute) and node.attr.value in names:
                self._refuse(None, node, f"used in {self.what}, which is not followed")

    def judge_defaults(self, function: Function) -> None:
        """Judge what a function does with pipelines and nodes that are defaults of its parameters."""
        for name, default in function.defaults.items():
            if holds_graph(self.ev, default):
                uses = Uses(self.scope, function.node.body)
                for mention, path in mentions_of(frozenset({name}), function.node.body):
                    if not uses.is_harmless(default, mention, path):
                        self._refuse(default, mention, f"used in {self.what}, which is not followed")

    def visit_method(self, function: Function, receiver: Instance) -> None:
        """Pass over the body of a method that is called on an instance: what it does with that is judged as well."""
        mark = (function.node, id(receiver))
        params = [*function.node.params.posonly_params, *function.node.params.params]
        if mark in self.seen or not params:
            return
        self.seen.add(mark)
        own = params[0].name.value
        scope = Scope(function.scope, kind="function")
        scope.names[own] = receiver
        inner = _Pass(
            self.ev, f"the function `{function.name}`", function.place.source, scope, self.seen,
            caller=self.caller, may_mention=self.may_mention, makes_its_own=self.makes_its_own, why=self.why,
        )  # fmt: skip
        local = inner._own_names(function.node)
        rebound = isinstance(function.node, cst.FunctionDef) and any(
            name.value == own for name in bound_names(function.node.body)
        )
        if rebound:
            self._refuse(receiver, function.node, f"binds `{own}` anew, and is not followed")
        inner._visit(function.node.body, frozenset(local - {own}))

    def _own_names(self, function: cst.FunctionDef | cst.Lambda) -> set[str]:
        """Return the names that are local to a function, and forget those of others that it binds."""
        if isinstance(function, cst.Lambda):
            return parameter_names(function.params)
        declared = declared_globals(function)
        bound = list(bound_names(function.body))
        for name in bound:
            if name.value in declared:  # `global` or `nonlocal`: any scope around may be meant
                for scope in self.scope.chain():
                    if name.value in scope.names or scope.outer is None:
                        self._lose_name(scope, name)
        return {name.value for name in bound} - declared | parameter_names(function.params)

    def _visit(self, root: cst.CSTNode, local: frozenset[str], evaluated: cst.CSTNode | None = None) -> None:
        for inner in walk(root):
            if isinstance(inner, cst.FunctionDef):  # it may be called, and bind names that are not its own
                self._own_names(inner)
            elif isinstance(inner, cst.Call):
                self.ev.inputs.note(dotted_name(inner.func) or _last_name(inner.func), inner.args)
        outer, self.uses = self.uses, Uses(self.scope, root)
        for name, path in loaded_names(root, local, evaluated):
            self.ev.step(self.source, name)
            self._mention(name, path)
        for taken, value in self.uses.taken.items():
            for scope in self.scope.chain() if taken not in local else ():
                known = scope.names.get(taken)
                if isinstance(known, Unknown):
                    scope.names[taken] = replace(known, graph=value)
        self.uses = outer

    def _mention(self, node: cst.Name, path: tuple[cst.CSTNode, ...]) -> None:
        """Judge one mention of a name; `path` leads from its parent outwards."""
        spot: cst.CSTNode = node
        owner: dict[str, Value] | None = None
        value = found = self.scope.find(node.value)
        while path and isinstance(path[0], cst.Attribute):
            attr = path[0].attr.value
            if isinstance(value, Instance) and value.lost is None and self._calls_method(value, attr, path):
                return
            inner = _names_of(value, attr)
            if inner is None:
                break
            owner, value = inner, inner.get(attr)
            spot, path = path[0], path[1:]
        if owner is not None and isinstance(spot, cst.Attribute) and is_target(spot, path):
            self._lose_entry(owner, spot.attr)
        elif found is None and node.value in ESCAPES:
            self._refuse(None, node, f"`{node.value}` in {self.what} may change anything")
        elif not self.makes_its_own and self._makes_pipeline(spot, path):
            self._refuse(None, spot, f"a pipeline is made in {self.what}")
        else:
            self._judge(value or found, spot, path)

    def _calls_method(self, instance: Instance, attr: str, path: tuple[cst.CSTNode, ...]) -> bool:
        """Pass over a method of an instance that is called here; return whether it is one that is known."""
        method = None if attr in instance.attributes else instance.cls.find(attr)
        if not isinstance(method, Function) or method.role != "function" or not is_called(path[0], path[1:]):
            return False
        self.visit_method(method, instance)
        return True

    def _judge(self, value: Value | None, spot: cst.CSTNode, path: tuple[cst.CSTNode, ...]) -> None:
        attribute = path[0] if path and isinstance(path[0], cst.Attribute) else None
        if value is None:
            return
        if isinstance(value, LibraryClass):
            if attribute is not None and is_target(attribute, path[1:]):
                self._refuse(None, attribute, f"`{value.name}` itself is changed in {self.what}")
        elif not holds_graph(self.ev, value):
            self._touch(value, spot, path)
        elif not self.uses.is_harmless(value, spot, path):
            self._refuse(value, attribute or spot, f"used in {self.what}, which is not followed")

    def _touch(self, value: Value, spot: cst.CSTNode, path: tuple[cst.CSTNode, ...]) -> None:
        place = Place(self.source, spot)
        parts = list(self.ev.contained(value))
        fixed = not any(part is not value and isinstance(part, (Instance, Items, Table)) for part in parts)
        if not is_reading(self.scope, spot, path, fixed=fixed):
            for part in parts:
                _lose(part, Unknown(f"`{place.code()}`, which {self.what} may change", place))
        for part in parts:
            _run(self.ev, part, self.caller or place, self.seen, may_mention=self.may_mention, why=self.why)

    def _makes_pipeline(self, spot: cst.CSTNode, path: tuple[cst.CSTNode, ...]) -> bool:
        """Return whether a pipeline is made by a call here, spelled `Pipeline(…)` or `remotemedia.Pipeline(…)`."""
        while path and isinstance(path[0], cst.Attribute):
            spot, path = path[0], path[1:]
        if not is_called(spot, path):
            return False
        made = resolve(self.scope, dotted_name(spot))
        return made is PIPELINE or (isinstance(made, ProjectClass) and any(base is PIPELINE for base in made.mro))

    def _forget(self, name: cst.Name) -> None:
        """Bind a name to an unknown value, because code that is not followed binds it."""
        self._lose_name(self.scope.target(name.value), name)

    def _lose_name(self, scope: Scope, name: cst.Name) -> None:
        self._lose_entry(scope.names, name)

    def _lose_entry(self, names: dict[str, Value], name: cst.Name) -> None:
        known = names.get(name.value)
        place = Place(self.source, name)
        if known is not None:
            if holds_graph(self.ev, known):
                label = f"may be another one after {self.what}"
                refuse_change(self.ev, known, place, label, notes=self._notes(), why=self.why)
            _lose(known, Unknown(f"`{name.value}`, which {self.what} may change", place))
        names[name.value] = Unknown(f"`{name.value}`, which is set in {self.what}", place)

    def _refuse(self, value: Value | None, node: cst.CSTNode, label: str) -> None:
        if not self.may_mention:
            refuse_change(self.ev, value, Place(self.source, node), label, notes=self._notes(), why=self.why)

    def _notes(self) -> tuple[str, ...]:
        called = self.caller
        return (f"it is called in line {called.span().line} of `{called.source.name}`",) if called is not None else ()


def _last_name(function: cst.BaseExpression) -> str:
    return f"….{function.attr.value}" if isinstance(function, cst.Attribute) else "…"


def _names_of(value: Value | None, attr: str) -> dict[str, Value] | None:
    """Return where an attribute of a value is kept, if that is known."""
    match value:
        case ProjectModule():
            return value.scope.names
        case ProjectClass():
            return value.own.names
        case Instance(lost=None) if value.cls.find(attr) is None:
            return value.attributes
    return None
