"""Loops and comprehensions over what is known; all others are passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from remotemedia.compiler._bindings import comprehension_names
from remotemedia.compiler._evaluate.assignments import bind
from remotemedia.compiler._evaluate.iterables import iterated
from remotemedia.compiler._evaluate.lifting import identity
from remotemedia.compiler._evaluate.operators import truth
from remotemedia.compiler._evaluate.passing import hand_out, pass_over
from remotemedia.compiler._evaluate.stops import BreakError, ContinueError
from remotemedia.compiler._scope import Scope
from remotemedia.compiler._values import Items, Iteration, NotPlainError, Table, Value

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = [
    "break_",
    "continue_",
    "dict_comprehension",
    "for_",
    "generator",
    "list_comprehension",
    "set_comprehension",
    "while_",
]


def for_(ev: Evaluator, node: cst.For) -> Iterator[Value]:
    """Execute `for`; where the next item is not known, the rest of the loop is passed over."""
    iterable = ev.evaluate(node.iter)
    values = iterated(ev, iterable, node.iter)
    while True:
        try:
            value = next(values, None)
        except NotPlainError as error:
            why = ev.opaque(node.iter, error.value)
            what = f"a `for` loop over something that depends on {why.because}"
            pass_over(ev, node, what=what, evaluated=_given_away(ev, iterable, node.iter), why=why)
            return
        if value is None:
            break
        bind(ev, node.target, value, node.iter)
        if (yield from _turn(ev, node, iterable)):
            return
    yield from _orelse(ev, node)


def while_(ev: Evaluator, node: cst.While) -> Iterator[Value]:
    """Execute `while`; where its condition is not known, the rest of the loop is passed over."""
    while True:
        test = ev.evaluate(node.test)
        known = truth(test)
        if known is None:
            why = ev.opaque(node.test, test)
            pass_over(ev, node, what=f"a `while` loop that depends on {why.because}", why=why)
            return
        if not known:
            break
        if (yield from _turn(ev, node, None)):
            return
    yield from _orelse(ev, node)


def break_(_ev: Evaluator, _node: cst.Break) -> None:
    """Execute `break`."""
    raise BreakError


def continue_(_ev: Evaluator, _node: cst.Continue) -> None:
    """Execute `continue`."""
    raise ContinueError


def list_comprehension(ev: Evaluator, node: cst.ListComp) -> Value:
    """Evaluate `[a for b in c if d]`."""
    return _collected(ev, node, Items("list", []))


def set_comprehension(ev: Evaluator, node: cst.SetComp) -> Value:
    """Evaluate `{a for b in c if d}`."""
    return _collected(ev, node, Items("set", []))


def dict_comprehension(ev: Evaluator, node: cst.DictComp) -> Value:
    """Evaluate `{a: b for c in d if e}`."""
    return _collected(ev, node, Table({}))


def generator(ev: Evaluator, node: cst.GeneratorExp) -> Value:
    """Evaluate `(a for b in c if d)`: the first iterable now, the rest as values are asked for."""
    first = ev.evaluate(node.for_in.iter)
    scope = _scope(ev, node)
    made = Iteration(iter(()), (first, *ev.scope.names.values()) if ev.scope.outer is not None else (first,))
    made.values = _generated(ev, node, first, scope, made)
    return made


def _turn(ev: Evaluator, node: cst.For | cst.While, iterable: Value | None) -> Generator[Value, None, bool]:
    """Execute the body once; return whether the loop, with its `else`, is over."""
    try:
        yield from ev.flow([node.body])
    except ContinueError:
        pass
    except BreakError:
        return True
    if not ev.frame.ends:
        return False
    why = next(iter(ev.frame.ends.values()))
    ev.frame.ends.pop("break", None)
    ev.frame.ends.pop("continue", None)
    evaluated = None
    if isinstance(node, cst.For) and iterable is not None:
        evaluated = _given_away(ev, iterable, node.iter)
    pass_over(ev, node, what=f"a loop that may end because of {why.because}", evaluated=evaluated, why=why)
    return True


def _orelse(ev: Evaluator, node: cst.For | cst.While) -> Iterator[Value]:
    if node.orelse is not None:
        yield from ev.flow([node.orelse.body])


def _given_away(ev: Evaluator, iterable: Value, node: cst.CSTNode) -> cst.CSTNode | None:
    """Take it that code which is not followed goes on with an iterable; return what of that code need not be judged.

    The nodes of a pipeline may be looked at: what the code does with them is judged from where it asks for them.
    """
    if isinstance(node, cst.Attribute) and node.attr.value == "nodes" and isinstance(iterable, Items):
        return None
    if isinstance(iterable, Iteration) and iterable.lost is None:
        iterable.lost = ev.opaque(node)
    hand_out(ev, iterable, node, to="a loop that is not known")
    return node


def _scope(ev: Evaluator, node: Any) -> Scope:
    names = frozenset(comprehension_names(node.for_in))
    return Scope(ev.scope.visible, kind="comprehension", local=names)


def _collected(ev: Evaluator, node: cst.ListComp | cst.SetComp | cst.DictComp, made: Items | Table) -> Value:
    first = ev.evaluate(node.for_in.iter)
    with ev.inside(ev.source, _scope(ev, node), ev.qualname):
        try:
            for _ in _turns(ev, node.for_in, first):
                _collect(ev, node, made)
        except NotPlainError as error:
            why = ev.opaque(node, error.value)
        else:
            return made
    evaluated = _given_away(ev, first, node.for_in.iter)
    pass_over(ev, node, what=f"a comprehension that depends on {why.because}", evaluated=evaluated, why=why)
    return why


def _collect(ev: Evaluator, node: cst.ListComp | cst.SetComp | cst.DictComp, made: Items | Table) -> None:
    if isinstance(made, Table):
        key, value = (
            ev.evaluate(cst.ensure_type(node, cst.DictComp).key),
            ev.evaluate(cst.ensure_type(node, cst.DictComp).value),
        )
        made.entries[identity(key)] = value
        return
    value = ev.evaluate(node.elt)  # type: ignore[union-attr]  # a dict comprehension makes a table
    if made.kind == "set":
        mark = identity(value)
        if any(identity(other) == mark for other in made.items):
            return
    made.items.append(value)


def _generated(ev: Evaluator, node: cst.GeneratorExp, first: Value, scope: Scope, made: Iteration) -> Iterator[Value]:
    source, qualname, frame = ev.source, ev.qualname, ev.frame
    turns = _turns(ev, node.for_in, first)
    while True:
        with ev.inside(source, scope, qualname, frame):
            try:
                if next(turns, None) is None:
                    return
                value = ev.evaluate(node.elt)
            except NotPlainError as error:
                made.lost = ev.opaque(node, error.value)
                what = f"a generator expression that depends on {made.lost.because}"
                evaluated = _given_away(ev, first, node.for_in.iter)
                pass_over(ev, node, what=what, evaluated=evaluated, why=made.lost)
                raise NotPlainError(made.lost) from error
        yield value


def _turns(ev: Evaluator, comprehension: cst.CompFor, first: Value) -> Iterator[bool]:
    """Bind the targets of a comprehension, one turn after another, in the current scope.

    Raises:
        NotPlainError: what comes next is not known.
    """
    for value in iterated(ev, first, comprehension.iter):
        bind(ev, comprehension.target, value, comprehension.iter)
        if not all(_holds(ev, condition.test) for condition in comprehension.ifs):
            continue
        if comprehension.inner_for_in is None:
            yield True
        else:
            inner = comprehension.inner_for_in
            yield from _turns(ev, inner, ev.evaluate(inner.iter))


def _holds(ev: Evaluator, test: cst.BaseExpression) -> bool:
    value = ev.evaluate(test)
    known = truth(value)
    if known is None:
        raise NotPlainError(ev.opaque(test, value))
    return known
