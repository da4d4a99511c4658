"""`itertools`, `functools`, `operator`, and dicts of `collections`: what has no effect of its own."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Arguments, given
from remotemedia.compiler._evaluate.attributes import item_of
from remotemedia.compiler._evaluate.builtins_ import made_dict
from remotemedia.compiler._evaluate.callback import call_back
from remotemedia.compiler._evaluate.iterables import collected, iterated
from remotemedia.compiler._evaluate.lifting import identity
from remotemedia.compiler._evaluate.named_tuples import make_class
from remotemedia.compiler._evaluate.operators import combined, truth
from remotemedia.compiler._values import (
    Items,
    Iteration,
    Known,
    NotPlainError,
    Prepared,
    Table,
    Unknown,
    Value,
    copied,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["ITERATING"]


def _chain(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1000)
    if found is None:
        return None
    values = found[0]
    return Iteration((each for value in values for each in iterated(ev, value, node)), tuple(values))


def _chain_from(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None:
        return None
    (values,) = found[0]
    inner = (each for value in iterated(ev, values, node) for each in iterated(ev, value, node))
    return Iteration(inner, (values,))


def _combining(function: Callable[..., Iterator[tuple[Value, ...]]], *names: str) -> Any:
    """Return a handler for what gives tuples of the items of all its iterables, which it reads at once."""

    def handler(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
        found = given(arguments, 1, 1000, *names)
        if found is None:
            return None
        by_position, named = found
        plain_ones = {name: plain(value) for name, value in named.items()}
        counts = [plain(value) for value in by_position if isinstance(value, Known) and isinstance(value.value, int)]
        pools = [collected(ev, value, node) for value in by_position if not _is_count(value)]
        if plain_ones.get("repeat", 0) > _MAX_REPEAT or max(counts, default=0) > _MAX_REPEAT:
            return None
        rows = function(*pools, *counts, **plain_ones)
        return Iteration((Items("tuple", list(row)) for row in rows), tuple(by_position))

    return handler


_MAX_REPEAT: Final = 64


def _is_count(value: Value) -> bool:
    return isinstance(value, Known) and isinstance(value.value, int)


def _repeat(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 2, "times")
    if found is None:
        return None
    (value, *times), named = found
    bound = times[0] if times else named.get("times")
    return Iteration(itertools.repeat(value) if bound is None else itertools.repeat(value, plain(bound)), (value,))


def _count(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 2)
    return None if found is None else Iteration(map(Known, itertools.count(*map(plain, found[0]))))


def _cycle(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    return None if found is None else Iteration(itertools.cycle(collected(ev, found[0][0], node)), tuple(found[0]))


def _islice(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 2, 4)
    if found is None:
        return None
    values, *bounds = found[0]
    return Iteration(itertools.islice(iterated(ev, values, node), *map(plain, bounds)), (values,))


def _pairwise(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None:
        return None
    pairs = itertools.pairwise(iterated(ev, found[0][0], node))
    return Iteration((Items("tuple", list(pair)) for pair in pairs), tuple(found[0]))


def _zip_longest(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1000, "fillvalue")
    if found is None:
        return None
    values, named = found
    fill = named.get("fillvalue", Known(None))
    rows = itertools.zip_longest(*(iterated(ev, value, node) for value in values), fillvalue=fill)
    return Iteration((Items("tuple", list(row)) for row in rows), (*values, fill))


def _starmap(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 2, 2)
    if found is None:
        return None
    function, rows = found[0]
    called = (call_back(ev, function, collected(ev, row, node), node) for row in iterated(ev, rows, node))
    return Iteration(called, (function, rows))


def _accumulate(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 2)
    if found is None:
        return None
    values, *functions = found[0]
    totals = itertools.accumulate(iterated(ev, values, node), _folded(ev, functions, node))
    return Iteration(totals, tuple(found[0]))


def _reduce(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 2, 3)
    if found is None:
        return None
    function, values, *start = found[0]
    return functools.reduce(_folded(ev, [function], node), iterated(ev, values, node), *start)


def _folded(ev: Evaluator, functions: list[Value], node: cst.CSTNode) -> Callable[[Value, Value], Value]:
    def called(left: Value, right: Value) -> Value:
        if functions:
            return call_back(ev, functions[0], [left, right], node)
        return combined(ev, left, cst.Add(), right, node)

    return called


def _taking(function: Callable[..., Iterator[Value]]) -> Any:
    """Return a handler for what takes items by a predicate."""

    def handler(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
        found = given(arguments, 2, 2)
        if found is None:
            return None
        predicate, values = found[0]

        def holds(value: Value) -> bool:
            answer = call_back(ev, predicate, [value], node)
            known = truth(answer)
            if known is None:
                raise NotPlainError(ev.opaque(node, answer))
            return known

        return Iteration(function(holds, iterated(ev, values, node)), tuple(found[0]))

    return handler


def _partial(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    if arguments.unknown is not None or not arguments.given or arguments.given[0].name is not None:
        return None
    function, *fixed = arguments.given
    by_position = tuple(argument for argument in fixed if argument.name is None)
    by_name = {argument.name: argument for argument in fixed if argument.name is not None}

    def called(ev: Evaluator, more: Arguments, call: cst.CSTNode) -> Value | None:
        positional = [argument for argument in more.given if argument.name is None]
        named = by_name | {argument.name: argument for argument in more.given if argument.name is not None}
        return ev.call(function.value, Arguments((*by_position, *positional, *named.values()), more.unknown), call)

    return Prepared("functools.partial", called, tuple(argument.value for argument in arguments.given))


def _item_getter(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1000)
    if found is None:
        return None
    keys = found[0]

    def called(ev: Evaluator, more: Arguments, call: cst.CSTNode) -> Value | None:
        wanted = given(more, 1, 1)
        if wanted is None:
            return None
        items = [item_of(ev, wanted[0][0], key, call) or ev.opaque(call, wanted[0][0], key) for key in keys]
        return items[0] if len(items) == 1 else Items("tuple", items)

    return Prepared("operator.itemgetter", called, tuple(keys))


def _attribute_getter(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None or not isinstance(name := plain(found[0][0]), str) or "." in name:
        return None

    def called(ev: Evaluator, more: Arguments, call: cst.CSTNode) -> Value | None:
        from remotemedia.compiler._evaluate.names import attribute_of  # noqa: PLC0415 - it calls us as well

        wanted = given(more, 1, 1)
        return None if wanted is None else attribute_of(ev, wanted[0][0], name, call)

    return Prepared("operator.attrgetter", called)


def _deep_copy(ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    if found is None or not all(isinstance(part, _COPIED) for part in ev.contained(found[0][0])):
        return None
    return copied(found[0][0])


_COPIED: Final = (Known, Items)


def _ordered(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    entries = _entries(ev, arguments, node)
    return None if entries is None else Table(entries, None, "OrderedDict")


def _deque(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Make a deque; one of limited length is not followed."""
    found = given(arguments, 0, 1)
    return (
        None if found is None else Items("deque", [each for values in found[0] for each in collected(ev, values, node)])
    )


def _with_default(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    if not arguments.given or arguments.given[0].name is not None:
        return None
    factory = arguments.given[0].value
    entries = _entries(ev, Arguments(arguments.given[1:], arguments.unknown), node)
    if entries is None or isinstance(factory, Unknown):
        return None
    has_none = isinstance(factory, Known) and factory.value is None
    return Table(entries, None, "defaultdict", None if has_none else factory)


def _entries(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> dict[Any, Value] | None:
    """Return the entries that a dict has which is made of these arguments."""
    if arguments.unknown is not None:
        return None
    entries: dict[Any, Value] = {}
    for argument in arguments.given:
        entries |= made_dict(ev, argument.value, node) if argument.name is None else {argument.name: argument.value}
    return entries


def _counter(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 0, 1)
    if found is None or any(isinstance(value, Table) for value in found[0]):
        return None
    counts: dict[Any, int] = {}
    for value in found[0]:
        for each in iterated(ev, value, node):
            mark = identity(each)
            counts[mark] = counts.get(mark, 0) + 1
    return Table({mark: Known(count) for mark, count in counts.items()}, None, "Counter", Known(0))


_SIGNS: Final[dict[str, type[cst.BaseBinaryOp]]] = {
    "add": cst.Add,
    "and_": cst.BitAnd,
    "concat": cst.Add,
    "floordiv": cst.FloorDivide,
    "lshift": cst.LeftShift,
    "mod": cst.Modulo,
    "mul": cst.Multiply,
    "or_": cst.BitOr,
    "pow": cst.Power,
    "rshift": cst.RightShift,
    "sub": cst.Subtract,
    "truediv": cst.Divide,
    "xor": cst.BitXor,
}


def _operation(sign: type[cst.BaseBinaryOp]) -> Any:
    def handler(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
        found = given(arguments, 2, 2)
        return None if found is None else combined(ev, found[0][0], sign(), found[0][1], node)

    return handler


ITERATING: Final[dict[str, Callable[[Evaluator, Arguments, cst.CSTNode], Value | None]]] = {
    "collections.Counter": _counter,
    "collections.OrderedDict": _ordered,
    "collections.defaultdict": _with_default,
    "collections.deque": _deque,
    "collections.namedtuple": make_class,
    "copy.deepcopy": _deep_copy,
    "functools.partial": _partial,
    "functools.reduce": _reduce,
    "itertools.accumulate": _accumulate,
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain_from,
    "itertools.combinations": _combining(itertools.combinations),
    "itertools.combinations_with_replacement": _combining(itertools.combinations_with_replacement),
    "itertools.count": _count,
    "itertools.cycle": _cycle,
    "itertools.dropwhile": _taking(itertools.dropwhile),
    "itertools.islice": _islice,
    "itertools.pairwise": _pairwise,
    "itertools.permutations": _combining(itertools.permutations),
    "itertools.product": _combining(itertools.product, "repeat"),
    "itertools.repeat": _repeat,
    "itertools.starmap": _starmap,
    "itertools.takewhile": _taking(itertools.takewhile),
    "itertools.zip_longest": _zip_longest,
    "operator.attrgetter": _attribute_getter,
    "operator.itemgetter": _item_getter,
    **{f"operator.{name}": _operation(sign) for name, sign in _SIGNS.items()},
}
"""Those that look at values without needing all that these hold; each returns None for what it does not follow."""
