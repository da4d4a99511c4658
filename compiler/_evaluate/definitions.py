"""Functions and classes, as `def`, `lambda` and `class` make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Argument, Arguments
from remotemedia.compiler._evaluate.enumerations import make_members
from remotemedia.compiler._evaluate.parameters import defaults_of
from remotemedia.compiler._evaluate.passing import lend, run_later
from remotemedia.compiler._library import NODE, PIPELINE
from remotemedia.compiler._scope import Scope
from remotemedia.compiler._values import (
    Bound,
    Builtin,
    External,
    Function,
    LibraryClass,
    Method,
    Prepared,
    ProjectClass,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["class_", "function", "lambda_", "linearized"]

_DATACLASS: Final = "dataclasses.dataclass"
_INERT_DECORATORS: Final = frozenset({
    "abc.abstractmethod", "enum.unique", "functools.wraps", "typing.final", "typing.no_type_check", "typing.overload",
    "typing.override",
})  # fmt: skip
"""Decorators that give back what they take."""

_ROLES: Final[dict[str, Literal["staticmethod", "classmethod", "property", "lazy", "cached", "context"]]] = {
    "classmethod": "classmethod",
    "contextlib.asynccontextmanager": "context",
    "contextlib.contextmanager": "context",
    "functools.cache": "cached",
    "functools.cached_property": "lazy",
    "functools.lru_cache": "cached",
    "property": "property",
    "staticmethod": "staticmethod",
}
_MAX_LINE: Final = 500  # classes that are looked at for the order of one; the time grows with the cube
_INERT_METACLASSES: Final = frozenset({"abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"})


def function(ev: Evaluator, node: cst.FunctionDef) -> None:
    """Execute `def`: it runs defaults and decorators, not the body."""
    decorators = [(ev.evaluate(decorator.decorator), decorator) for decorator in node.decorators]
    defaults = defaults_of(ev, node.params)
    made: Value = Function(node.name.value, ev.place(node), node, ev.scope.visible, defaults, ev.building)
    for value, decorator in reversed(decorators):
        made = _decorated(ev, value, made, decorator)
    ev.scope.bind(node.name.value, made)


def class_(ev: Evaluator, node: cst.ClassDef) -> None:
    """Execute `class`: its bases and its body."""
    decorators = [(_decorator_of(ev, decorator), decorator) for decorator in node.decorators]
    qualname = ev.qualname + node.name.value
    made = ProjectClass(qualname, ev.place(node), node, Scope(ev.scope.visible, kind="class"), [])
    bases = [_base(ev, argument.value) for argument in node.bases]
    why = next((base for base in bases if isinstance(base, Unknown)), None)
    made.mro = linearized(made, bases) or [made, ev.unknown(f"the bases of `{qualname}`, which have no order", node)]
    outer, ev.building = ev.building, made
    try:
        with ev.inside(ev.source, made.own, qualname + "."):
            ev.execute([node.body])
    finally:
        ev.building = outer
    keywords = [(keyword, ev.evaluate(keyword.value)) for keyword in node.keywords]
    _announce(ev, made, keywords)
    for keyword, value in keywords:
        inert = isinstance(value, External) and value.name in _INERT_METACLASSES
        if keyword.keyword is not None and keyword.keyword.value == "metaclass" and not inert:
            why = ev.unknown(f"the metaclass of `{qualname}`", keyword)
    if made.is_enum:
        make_members(ev, made)
    for value, decorator in reversed(decorators):
        why = _decorate(ev, made, value, decorator) or why
    ev.scope.bind(node.name.value, why if why is not None and not made.is_node else made)
    if why is not None and made.is_node:
        made.mro.insert(1, why)


def _announce(ev: Evaluator, cls: ProjectClass, keywords: Sequence[tuple[cst.Arg, Value]]) -> None:
    """Call the `__init_subclass__` of a new class's bases, with the keywords of the class."""
    hook = next((found for base in cls.mro[1:] if (found := _hook(base)) is not None), None)
    if isinstance(hook, Function):
        given = [
            Argument(keyword.keyword.value, value, ev.place(keyword))
            for keyword, value in keywords
            if keyword.keyword is not None and keyword.keyword.value != "metaclass"
        ]
        ev.call(Bound(hook, cls), Arguments(tuple(given)), cls.node)
    elif hook is not None:
        for base in cls.mro[1:]:
            if isinstance(base, ProjectClass):
                run_later(ev, base, ev.place(cls.node))


def _hook(base: Value) -> Value | None:
    return base.own.names.get("__init_subclass__") if isinstance(base, ProjectClass) else None


def lambda_(ev: Evaluator, node: cst.Lambda) -> Value:
    """Evaluate `lambda`."""
    return Function("<lambda>", ev.place(node), node, ev.scope.visible, defaults_of(ev, node.params))


def linearized(cls: ProjectClass, bases: Sequence[Value]) -> list[Value] | None:
    """Return a class and its bases in the order of lookup (C3); None if there is no such order."""
    lines = [_line(base) for base in bases] + [list(bases)]
    if sum(map(len, lines)) > _MAX_LINE:
        return None
    result: list[Value] = [cls]
    while any(lines):
        lines = [line for line in lines if line]
        heads = [line[0] for line in lines]
        free = next((head for head in heads if not any(_is_in(head, line[1:]) for line in lines)), None)
        if free is None:
            return None
        result.append(free)
        lines = [line[1:] if _same(line[0], free) else line for line in lines]
    return result


def _decorated(ev: Evaluator, decorator: Value, made: Value, node: cst.Decorator) -> Value:
    """Return what a decorator makes of a function."""
    name = decorator.name if isinstance(decorator, (External, Builtin, Prepared)) else None
    if name in _INERT_DECORATORS:
        return made
    if name in _ROLES and isinstance(made, Function) and made.role == "function":
        return replace(made, role=_ROLES[name])
    if isinstance(decorator, Method) and decorator.name == "setter" and isinstance(made, Function):
        getter = decorator.receiver
        return replace(getter, setter=made) if isinstance(getter, Function) and getter.role == "property" else made
    return ev.call(decorator, Arguments.of([made], ev.place(node.decorator)), node.decorator)


def _line(base: Value) -> list[Value]:
    match base:
        case ProjectClass():
            return list(base.mro)
        case LibraryClass() if base is not NODE and base is not PIPELINE:
            return [base, NODE]
    return [base]


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, (External, Builtin)) and isinstance(other, (External, Builtin)):
        return one.name == other.name
    return one is other


def _is_in(value: Value, line: Sequence[Value]) -> bool:
    return any(_same(value, other) for other in line)


def _base(ev: Evaluator, node: cst.BaseExpression) -> Value:
    """Return a base class; of `Generic[T]` the class before the brackets."""
    if isinstance(node, cst.Subscript):
        node = node.value
    return ev.evaluate(node)


def _decorator_of(ev: Evaluator, decorator: cst.Decorator) -> Value:
    """Evaluate a class's decorator; of `dataclass(…)` the options are read where they are needed."""
    called = decorator.decorator
    if isinstance(called, cst.Call):
        function = ev.evaluate(called.func)
        if isinstance(function, External) and function.name == _DATACLASS:
            return function
    return ev.evaluate(called)


def _decorate(ev: Evaluator, cls: ProjectClass, value: Value, decorator: cst.Decorator) -> Unknown | None:
    """Apply a class's decorator; return why the class is not known any more, if so."""
    if isinstance(value, External) and value.name == _DATACLASS:
        cls.is_dataclass = True
        return None
    if isinstance(value, External) and value.name in _INERT_DECORATORS:
        return None
    if isinstance(value, Function):
        given = ev.call(value, Arguments.of([cls], ev.place(decorator.decorator)), decorator.decorator)
        if given is cls:
            return None
    else:
        run_later(ev, value, ev.place(decorator))
        lend(ev, cls, decorator.decorator, to=f"the decorator `{ev.place(decorator.decorator).code()}`")
    return ev.unknown(f"what the decorator `{ev.place(decorator.decorator).code()}` returns", decorator)
