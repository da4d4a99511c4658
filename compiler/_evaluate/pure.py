"""What is computed without running the program: calls of functions and methods that have no effect of their own.

    value = call_pure(ev, callee, arguments, node)

gives the value of a call, or None for one that is not followed, which is then taken to change whatever it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._evaluate.arguments import Arguments, given
from remotemedia.compiler._evaluate.arrays import array_function, array_method
from remotemedia.compiler._evaluate.builtins_ import BUILTINS, COMPUTED_BUILTINS
from remotemedia.compiler._evaluate.computing import FAILURES, Computed, computed
from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._evaluate.iterating import ITERATING
from remotemedia.compiler._evaluate.kinds import is_of
from remotemedia.compiler._evaluate.lifting import blamed, identity
from remotemedia.compiler._evaluate.methods import container_method
from remotemedia.compiler._evaluate.own_operators import has_operators
from remotemedia.compiler._evaluate.paths import DISK_METHODS, PATH_FUNCTIONS, path_method
from remotemedia.compiler._evaluate.reads import READING, read_method, stream_method
from remotemedia.compiler._evaluate.standard import COMPUTED
from remotemedia.compiler._evaluate.strings import string_method
from remotemedia.compiler._values import (
    ArrayValue,
    Bound,
    Builtin,
    Coroutine,
    External,
    FilePath,
    Function,
    Items,
    Iteration,
    Known,
    Live,
    Method,
    NotPlainError,
    OpenFile,
    Prepared,
    ProjectClass,
    Table,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["call_pure"]

_OF_CLASSES: Final[dict[str, Computed]] = {
    "bytes.fromhex": Computed(bytes.fromhex),
    "float.fromhex": Computed(float.fromhex),
    "int.from_bytes": Computed(int.from_bytes),
}
"""Methods of built-in classes themselves."""

_SCALAR_METHODS: Final = frozenset({
    "as_integer_ratio", "bit_count", "bit_length", "conjugate", "count", "hex", "index", "is_integer", "item",
    "limit_denominator", "tolist", "total_seconds",
})  # fmt: skip
"""Methods of numbers, ranges and time spans."""

_CODE: Final = (Bound, Coroutine, Function, Live, Method, Prepared, ProjectClass)


def call_pure(ev: Evaluator, callee: Value, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Return the value of a call of a built-in, a function of the standard library or numpy, or a method of a value.

    What cannot be computed is `Unknown` with its cause, and None where more than the value may depend on the call: it
    changes a container, or calls functions that it is given.
    """
    try:
        return _called(ev, callee, arguments, node)
    except NotPlainError as error:
        why = blamed(ev, node, error)
    except FAILURES as error:
        why = ev.unknown(f"`{ev.place(node).code()}`, which raises `{type(error).__name__}`", node)
    given = [argument.value for argument in arguments.given]
    parts = [part for value in given for part in ev.contained(value)]
    for part in parts:
        if isinstance(part, Iteration):  # how far it was read is not known
            part.lost = part.lost or why or ev.opaque(node)
    changes = isinstance(callee, Method) and isinstance(callee.receiver, (Items, Table, ArrayValue, OpenFile))
    return None if changes or any(isinstance(part, _CODE) or has_operators(part) for part in parts) else why


def _called(  # noqa: PLR0911 - one a kind of value
    ev: Evaluator, callee: Value, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    match callee:
        case Builtin(name=name) if name in BUILTINS:
            return BUILTINS[name](ev, arguments, node)
        case Builtin(name=name) if name in COMPUTED_BUILTINS:
            return computed(ev, COMPUTED_BUILTINS[name], arguments, node)
        case Builtin(name=name) if name in READING:
            return READING[name](ev, arguments, node)
        case External():
            return _function(ev, callee.name, arguments, node)
        case Prepared():
            return callee.function(ev, arguments, node)
        case Method():
            return _method(ev, callee, arguments, node)
    return None


def _function(ev: Evaluator, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    if name in ITERATING:
        return ITERATING[name](ev, arguments, node)
    if name in READING:
        return READING[name](ev, arguments, node)
    function = COMPUTED.get(name) or PATH_FUNCTIONS.get(name)
    if function is not None:
        return computed(ev, function, arguments, node)
    if name.startswith("numpy."):
        return array_function(ev, name.removeprefix("numpy."), arguments, node)
    return None


def _method(  # noqa: PLR0911 - one a kind of receiver
    ev: Evaluator, method: Method, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    receiver, name = method.receiver, method.name
    match receiver:
        case Items() | Table():
            return container_method(ev, receiver, name, arguments, node)
        case ArrayValue():
            return array_method(ev, receiver, name, arguments, node)
        case OpenFile():
            return stream_method(ev, receiver, name, arguments, node)
        case FilePath() if name in DISK_METHODS:
            return read_method(ev, receiver, name, arguments, node)
        case FilePath():
            function = path_method(receiver, name)
        case Builtin():
            return _of_class(ev, method, arguments, node)
        case Known(value=str() | bytes() as text):
            function = string_method(text, name)
        case Known(value=value):
            function = Computed(getattr(value, name)) if name in _SCALAR_METHODS else None
        case _:
            return None
    return None if function is None else computed(ev, function, arguments, node)


def _of_class(ev: Evaluator, method: Method, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Call a method as an attribute of a built-in class: its own, as `dict.fromkeys`, or that of the first argument."""
    name = f"{method.receiver.name}.{method.name}" if isinstance(method.receiver, Builtin) else ""
    if name in _OF_CLASSES:
        return computed(ev, _OF_CLASSES[name], arguments, node)
    if name == "dict.fromkeys":
        found = given(arguments, 1, 2)
        if found is None:
            return None
        keys, *values = found[0]
        value = values[0] if values else Known(None)
        return Table({identity(key): value for key in collected(ev, keys, node)})
    if not arguments.given or arguments.given[0].name is not None:
        return None
    first, rest = arguments.given[0].value, Arguments(arguments.given[1:], arguments.unknown)
    is_one = isinstance(first, (Items, Known, Table)) and is_of(first, method.receiver)
    return _method(ev, Method(first, method.name), rest, node) if is_one else None
