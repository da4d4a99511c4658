"""Functions, which are not followed, and classes, whose bodies are evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._evaluate.passing import lend, pass_over, run_later
from remotemedia.compiler._library import NODE, PIPELINE
from remotemedia.compiler._values import (
    Builtin,
    External,
    Function,
    LibraryClass,
    Live,
    ProjectClass,
    Scope,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["class_", "function", "lambda_"]

_DATACLASS: Final = "dataclasses.dataclass"
_INERT_DECORATORS: Final = frozenset({
    "abc.abstractmethod", "contextlib.asynccontextmanager", "contextlib.contextmanager", "functools.cache",
    "functools.wraps", "typing.final", "typing.no_type_check", "typing.overload", "typing.override",
})  # fmt: skip
_INERT_FUNCTIONS: Final = frozenset({"classmethod", "property", "staticmethod"})
_MAX_LINE: Final = 500  # classes that are looked at for the order of one; the time grows with the cube
_INERT_METACLASSES: Final = frozenset({"abc.ABCMeta"})


def function(ev: Evaluator, node: cst.FunctionDef) -> None:
    """Execute `def`: it runs defaults and decorators, not the body."""
    for part in _run_now(node.params):
        ev.evaluate(part)
    made: Value = Function(node.name.value, ev.place(node), node, ev.scope.module)
    for decorator in reversed(node.decorators):
        value = ev.evaluate(decorator.decorator)
        inert = (isinstance(value, External) and value.name in _INERT_DECORATORS) or (
            isinstance(value, Builtin) and value.name in _INERT_FUNCTIONS
        )
        if not inert:
            code = ev.place(decorator.decorator).code()
            run_later(ev, value, ev.place(decorator))
            lend(ev, made, decorator.decorator, to=f"the decorator `{code}`")
            made = ev.unknown(f"what the decorator `{code}` returns", decorator)
    ev.scope.names[node.name.value] = made


def class_(ev: Evaluator, node: cst.ClassDef) -> None:
    """Execute `class`: its bases and its body."""
    qualname = ev.qualname + node.name.value
    made = ProjectClass(qualname, ev.place(node), node, Scope(ev.scope.module), [])
    bases = [_base(ev, argument.value) for argument in node.bases]
    why = next((base for base in bases if isinstance(base, Unknown)), None)
    made.mro = linearized(made, bases) or [made, ev.unknown(f"the bases of `{qualname}`, which have no order", node)]
    with ev.inside(ev.source, made.own, qualname + "."):
        ev.execute([node.body])
    for base in made.mro[1:]:
        if isinstance(base, ProjectClass) and "__init_subclass__" in base.own.names:
            run_later(ev, base, ev.place(node))
    for keyword in node.keywords:
        value = ev.evaluate(keyword.value)
        inert = isinstance(value, External) and value.name in _INERT_METACLASSES
        if keyword.keyword is not None and keyword.keyword.value == "metaclass" and not inert:
            why = ev.unknown(f"the metaclass of `{qualname}`", keyword)
    for decorator in node.decorators:
        why = _decorate(ev, made, decorator) or why
    ev.scope.names[node.name.value] = why if why is not None and not made.is_node else made
    if why is not None and made.is_node:
        made.mro.insert(1, why)


def lambda_(ev: Evaluator, node: cst.Lambda) -> Value:
    """Evaluate `lambda`: it may be called at any time."""
    pass_over(ev, node, what="a lambda")
    return Live("a lambda")


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


def _decorate(ev: Evaluator, cls: ProjectClass, decorator: cst.Decorator) -> Unknown | None:
    """Apply a class's decorator; return why the class is not known any more, if so."""
    called = decorator.decorator if isinstance(decorator.decorator, cst.Call) else None
    value = ev.evaluate(called.func if called is not None else decorator.decorator)
    if isinstance(value, External) and value.name == _DATACLASS:
        cls.is_dataclass = True
        return None
    if isinstance(value, External) and value.name in _INERT_DECORATORS:
        return None
    code = ev.place(decorator.decorator).code()
    run_later(ev, value, ev.place(decorator))
    lend(ev, cls, decorator.decorator, to=f"the decorator `{code}`")
    return ev.unknown(f"what the decorator `{code}` returns", decorator)


def _run_now(params: cst.Parameters) -> list[cst.BaseExpression]:
    listed = [*params.posonly_params, *params.params, *params.kwonly_params]
    return [param.default for param in listed if param.default is not None]
