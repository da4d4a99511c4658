"""numpy's arrays: constants that the program computes, computed with numpy itself.

Every operation is bounded by what it will cost before it is computed; all arrays of a program share one budget.
numpy is imported when a program uses it.
"""

from __future__ import annotations

import io
import math
import operator
import re
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._evaluate.array_table import DTYPES, IN_PLACE_METHODS, METHODS, cost_of
from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._evaluate.lifting import lifted
from remotemedia.compiler._values import (
    ArrayValue,
    Builtin,
    External,
    Items,
    Iteration,
    Known,
    NotPlainError,
    Value,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from remotemedia.compiler._evaluate.arguments import Arguments
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = [
    "array_attribute",
    "array_function",
    "array_item",
    "array_method",
    "array_operation",
    "array_unary",
    "loaded_array",
    "set_array_item",
]

_ATTRIBUTES: Final = frozenset({"T", "dtype", "imag", "itemsize", "nbytes", "ndim", "real", "shape", "size"})
_NAME: Final = re.compile(r"[<>=|]?[a-zA-RT-UW-Z_][a-z_]*[0-9]{0,3}")  # of a type, a mode or an order, without a size
_TYPES: Final = {"bool": bool, "complex": complex, "float": float, "int": int}


def array_attribute(value: ArrayValue, attr: str) -> Value | None:
    """Return an attribute of an array that is a value; None for a method."""
    return _labelled(lifted(getattr(value.array, attr)), [value]) if attr in _ATTRIBUTES else None


def array_function(ev: Evaluator, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Call a function of numpy by its name inside numpy; None for one that is not in the table.

    Raises:
        NotPlainError: an argument is not known, or the arrays would be too large.
        TypeError: and what else numpy raises.
    """
    cost = cost_of(name)
    if cost is None or any(argument.name == "out" for argument in arguments.given):
        return None
    import numpy as np  # noqa: PLC0415 - only where a program uses it

    by_position, by_name = _arguments(ev, arguments, node)
    function: Any = np
    for part in name.split("."):
        function = getattr(function, part)
    _charge(ev, cost(by_position, by_name), node)
    return _computed(ev, lambda: function(*by_position, **by_name), _arrays(ev, arguments), node)


def array_method(
    ev: Evaluator, receiver: ArrayValue, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    """Call a method of an array; None for one that is not in the table."""
    if receiver.lost is not None or any(argument.name == "out" for argument in arguments.given):
        return None
    by_position, by_name = _arguments(ev, arguments, node)
    cost = METHODS.get(name)
    if cost is None and name not in IN_PLACE_METHODS:
        return None
    _charge(ev, receiver.array.size if cost is None else cost([receiver.array, *by_position], by_name), node)
    method = getattr(receiver.array, name)
    return _computed(ev, lambda: method(*by_position, **by_name), [receiver, *_arrays(ev, arguments)], node)


def array_operation(
    ev: Evaluator, left: Value, function: Callable[[Any, Any], Any], right: Value, node: cst.CSTNode
) -> Value | None:
    """Apply an operator to two values of which one at least is an array; in place, where `function` works in place."""
    one, other = _argument(ev, left, node), _argument(ev, right, node)
    sizes = cost_of("matmul" if function in {operator.matmul, operator.imatmul} else "add")
    _charge(ev, 0 if sizes is None else sizes([one, other], {}), node)
    both = [value for value in (left, right) if isinstance(value, ArrayValue)]
    return _computed(ev, lambda: function(one, other), both, node)


def array_unary(ev: Evaluator, function: Callable[[Any], Any], value: ArrayValue, node: cst.CSTNode) -> Value | None:
    """Apply a sign to an array."""
    _charge(ev, value.array.size, node)
    return _computed(ev, lambda: function(value.array), [value], node)


def array_item(ev: Evaluator, value: ArrayValue, key: Value, node: cst.CSTNode) -> Value | None:
    """Return `array[key]`."""
    index = _argument(ev, key, node)
    _charge(ev, _picked(value.array, index), node)
    return _computed(ev, lambda: value.array[index], [value], node)


def set_array_item(ev: Evaluator, owner: ArrayValue, key: Value, value: Value, node: cst.CSTNode) -> None:
    """Set `array[key]`.

    Raises:
        NotPlainError: a part of it is not known.
        TypeError: and what else numpy raises.
    """
    index, item = _argument(ev, key, node), _argument(ev, value, node)
    _charge(ev, _picked(owner.array, index), node)
    owner.array[index] = item


def loaded_array(ev: Evaluator, data: bytes, node: cst.CSTNode) -> Value | None:
    """Return the array of a `.npy` file; archives and pickles are not read."""
    import numpy as np  # noqa: PLC0415 - only where a program uses it

    if not data.startswith(b"\x93NUMPY"):
        return None
    _charge(ev, len(data) // 8, node)
    return lifted(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))


def _computed(
    ev: Evaluator, function: Callable[[], Any], inputs: Sequence[ArrayValue], node: cst.CSTNode
) -> Value | None:
    result = function()
    own = next((value for value in inputs if value.array is result), None)
    if own is not None:
        return own
    if getattr(result, "dtype", None) is not None and result.dtype.hasobject:
        raise NotPlainError(ev.unknown("an array of Python objects", node))
    return _labelled(lifted(result), inputs)


def _labelled(value: Value | None, inputs: Sequence[ArrayValue]) -> Value | None:
    """Note which arrays share their elements with others."""
    if isinstance(value, Items):
        for item in value.items:
            _labelled(item, inputs)
    elif isinstance(value, ArrayValue):
        import numpy as np  # noqa: PLC0415 - there already

        for other in inputs:
            if np.may_share_memory(value.array, other.array):
                value.memory = other.memory
    return value


def _charge(ev: Evaluator, elements: float, node: cst.CSTNode) -> None:
    if not ev.inputs.take(elements):
        raise NotPlainError(ev.unknown("arrays that are too large", node))


def _picked(array: Any, index: Any) -> int:
    """Return at most how many elements an index picks."""
    parts = index if isinstance(index, tuple) else (index,)
    lists = [part for part in parts if isinstance(part, list) or getattr(part, "ndim", False)]
    if not lists:
        return 1  # a view
    rows: int = math.prod(len(part) if isinstance(part, list) else part.size for part in lists)
    rest: int = array.size // max(1, min(array.shape, default=1))
    return rows * max(1, rest)


def _arguments(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> tuple[list[Any], dict[str, Any]]:
    if arguments.unknown is not None:
        raise NotPlainError(arguments.unknown[0])
    by_position = [_argument(ev, argument.value, node) for argument in arguments.given if argument.name is None]
    by_name = {argument.name: _argument(ev, argument.value, node) for argument in arguments.given if argument.name}
    return by_position, by_name


def _argument(ev: Evaluator, value: Value, node: cst.CSTNode) -> Any:
    """Return a value as numpy takes it: a type of elements may be named as well."""
    match value:
        case Builtin(name=name) if name in _TYPES:
            return _TYPES[name]
        case External(name=name) if name.removeprefix("numpy.") in DTYPES and name.startswith("numpy."):
            import numpy as np  # noqa: PLC0415 - only where a program uses it

            return getattr(np, name.removeprefix("numpy."))
        case Iteration():
            return [plain(item) for item in collected(ev, value, node)]
        case Known(value=str() as text) if _NAME.fullmatch(text):
            return text
        case Known() | ArrayValue() | Items() if not _holds_text(made := plain(value)):
            return made
        case Items() | Known():
            raise NotPlainError(ev.unknown("an array of texts", node))
    raise NotPlainError(value)


def _holds_text(value: Any) -> bool:
    """Return whether a plain value holds texts: of an array of them, each takes as much as the longest."""
    return isinstance(value, (str, bytes)) or (isinstance(value, (list, tuple)) and any(map(_holds_text, value)))


def _arrays(ev: Evaluator, arguments: Arguments) -> list[ArrayValue]:
    return list(_arrays_in(ev, [argument.value for argument in arguments.given]))


def _arrays_in(ev: Evaluator, values: Sequence[Value]) -> Iterator[ArrayValue]:
    for value in values:
        for part in ev.contained(value):
            if isinstance(part, ArrayValue):
                yield part
