"""Native nodes for numbers, texts and other values: against Python and numpy, and against the classes."""

from __future__ import annotations

import json
import math
import operator
import unicodedata
from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remotemedia import (
    AddNode,
    BufferNode,
    CalculatorNode,
    DataTransform,
    FormatConverter,
    MultiplyNode,
    PassThroughNode,
    Pipeline,
    RustNode,
    TextProcessorNode,
    TextTransformNode,
    _native,
)
from remotemedia.errors import NodeError
from remotemedia.nodes._plain import plain

INTEGERS = st.one_of(st.integers(-9, 9), st.integers(), st.integers(-(2**80), 2**80), st.integers(-(10**400), 10**400))
NUMBERS = st.one_of(INTEGERS, st.floats(), st.booleans())
CALCULATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "modulo": operator.mod,
}


class Refused(NamedTuple):
    """Why a node gives nothing."""

    code: str
    expected: str


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, of the same types; NaN is the same as NaN, and 0.0 is not -0.0."""
    if isinstance(one, np.ndarray):
        equal = np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        return (one.dtype, one.shape) == (other.dtype, other.shape) and equal
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def outcome(call: Callable[..., Any], *args: Any) -> Any:
    """What a call gives, or why it gives nothing."""
    try:
        return call(*args)
    except ArithmeticError as error:
        return str(error)
    except NodeError as error:
        # Of the class the engine says also which exception it was.
        message = error.message.replace("remotemedia.errors.NodeError: ", "")
        return Refused(error.code or "", message.split(", got")[0])


def by_engine(node: Any, *args: Any, **params: Any) -> Pipeline:
    """The native form of a node, alone."""
    return Pipeline([RustNode(node.__name__, *args, name=node.__name__, **params)])


@given(st.sampled_from(sorted(CALCULATIONS)), st.lists(NUMBERS, min_size=2, max_size=4))
def test_arithmetic_is_pythons(operation: str, args: list[Any]) -> None:
    expected = outcome(reduce, CALCULATIONS[operation], args)
    assert same(outcome(_native.calculate, operation, args), expected)


@given(
    st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.booleans()), st.one_of(st.integers(-60, 60), st.floats())
)
def test_powers_are_pythons(base: Any, exponent: Any) -> None:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > 1 << 16:
        expected: Any = "the power has more than 65536 bits"
    else:
        expected = outcome(operator.pow, base, exponent)
    if isinstance(expected, complex) or expected == "complex exponentiation":
        expected = "the power is not a real number"
    assert same(outcome(_native.calculate, "power", [base, exponent]), expected)


@given(INTEGERS.filter(bool), st.integers(-1100, 1100), INTEGERS.filter(bool), st.booleans())
def test_quotients_are_the_nearest_floats(a: int, shift: int, b: int, above: bool) -> None:
    a = (a << shift) + above if shift > 0 else a
    b = b << -shift if shift < 0 else b
    assert same(outcome(_native.calculate, "divide", [a, b]), outcome(operator.truediv, a, b))


def test_integers_that_nobody_could_wait_for_are_refused() -> None:
    with pytest.raises(ArithmeticError, match="1048576 bits"):
        _native.calculate("multiply", [10**4000] * 1000)


DTYPES = ("bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")


@given(
    st.sampled_from(DTYPES),
    st.binary(max_size=64),
    st.sampled_from([AddNode, MultiplyNode]),
    st.one_of(st.integers(-300, 300), st.integers(-(2**65), 2**65), st.floats()),
)
def test_arrays_are_numpys(dtype: str, content: bytes, node: Any, constant: float) -> None:
    whole = len(content) // np.dtype(dtype).itemsize * np.dtype(dtype).itemsize
    array = np.frombuffer(content[:whole], dtype) if dtype != "bool" else np.frombuffer(content, "u1") > 100
    change = np.multiply if node is MultiplyNode else np.add
    with np.errstate(all="ignore"):
        expected = outcome(change, array, constant)
        alone = outcome(node(constant).process, array)
    if isinstance(expected, str):
        assert alone.code == "RM606"
        assert dtype == "bool" or "too large" in expected or alone.expected == expected
    else:
        assert same(alone, expected)


def characters() -> list[str]:
    """All that this Python's Unicode has, and whose case later versions left as it was."""
    later = set("\u019b\u0264\u0295\u10fc\ua7d3\ua7d5\ua7f2\ua7f3\ua7f4\uab69\U0001171e")
    known = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    return [it for it in known if it not in later and unicodedata.category(it) != "Cn"]


EVERY = characters()
METHODS = ["upper", "lower", "title", "capitalize", "casefold", "swapcase", "strip", "lstrip", "rstrip", "split"]


@pytest.mark.parametrize("method", METHODS)
def test_every_character_is_pythons(method: str) -> None:
    expected, entry = getattr(str, method), f"builtins:str.{method}"
    # Every character stands at the beginning, inside and at the end of words.
    for text in (" ".join(EVERY), "a".join(EVERY)):
        assert _native.process_text(entry, text) == expected(text)


LETTERS = "aAßǆǅ\u03a3\u03c3ς.\u0131'\u0345\u00ad \u2028\x1c1ŉﬁ"


@given(st.text(st.sampled_from(LETTERS), max_size=12), st.sampled_from(METHODS))
def test_texts_are_pythons(text: str, method: str) -> None:
    assert _native.process_text(f"builtins:str.{method}", text) == getattr(text, method)()


@given(st.text(max_size=20))
def test_other_operations_on_texts_are_pythons(text: str) -> None:
    words = text.split() or [""]
    expected = {
        "uppercase": text.upper(),
        "reverse": text[::-1],
        "word_count": len(text.split()),
        "char_count": len(text),
        "remove_spaces": text.replace(" ", ""),
        "first_word": words[0],
        "last_word": words[-1],
    }
    if all(unicodedata.category(it) != "Cn" for it in text):
        assert {name: _native.process_text(name, text) for name in expected} == expected


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
VALUES = st.one_of(
    PLAIN.filter(lambda it: it is not None),
    st.lists(NUMBERS | st.lists(NUMBERS, max_size=2), max_size=4),
    NUMBERS,
    st.text(max_size=5),
    st.tuples(st.text(max_size=4), st.integers(-5, 5)),
    st.binary(max_size=16).map(lambda it: np.frombuffer(it, "u1").astype("f2")),
    st.sampled_from([(np.zeros((2, 3), "i2"), 8000, {"a": 1}), {"text": "one Two", "operations": ["title_case"]}]),
    st.fixed_dictionaries(
        {"operation": st.sampled_from([*CALCULATIONS, "root"]), "args": st.lists(NUMBERS, max_size=3)}
    ),
)
NODES: list[tuple[Any, dict[str, Any]]] = [
    (PassThroughNode, {}),
    (MultiplyNode, {"factor": 3}),
    (MultiplyNode, {"factor": 0.1}),
    (AddNode, {"addend": -1.5}),
    (CalculatorNode, {}),
    (TextProcessorNode, {}),
    (TextTransformNode, {"transform_func": str.title}),
    (TextTransformNode, {"transform_func": len}),
    (DataTransform, {}),
    (DataTransform, {"transform_func": str.split}),
    *((FormatConverter, {"target_format": name}) for name in ("json", "text", "bytes")),
]


@pytest.mark.parametrize(("node", "params"), NODES, ids=lambda it: getattr(it, "__name__", None))
@given(value=VALUES)
@settings(max_examples=20)
def test_the_engine_gives_what_the_class_gives(node: Any, params: dict[str, Any], value: Any) -> None:
    # As an item: a list would be many values. The class is asked for what it gives an edge, as is the engine.
    alone = outcome(Pipeline([node(**params), PassThroughNode(), RustNode("PassThroughNode")]).run, [value])
    native = outcome(by_engine(node, **params).run, [value])
    assert same(native, alone)


@given(st.lists(VALUES, min_size=1, max_size=7), st.integers(1, 3))
@settings(max_examples=20)
def test_the_engine_gathers_as_the_class_gathers(values: list[Any], size: int) -> None:
    alone = Pipeline([BufferNode(size), RustNode("PassThroughNode")]).run(values)
    assert same(by_engine(BufferNode, buffer_size=size).run(values), alone)


@given(PLAIN.filter(lambda it: not isinstance(it, str | bytes)))
def test_json_text_is_pythons(value: Any) -> None:
    try:
        expected: Any = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    except ValueError:
        expected = "RM606"
    made = outcome(FormatConverter("text").process, value)
    assert (made.code if isinstance(made, Refused) else made) == expected


def test_a_name_and_further_arguments_stand_in_the_result() -> None:
    # `RustNode` takes no further arguments; what it names is its own.
    value = {"operation": "add", "args": (1, True)}
    given_by_engine: Any = by_engine(CalculatorNode).run(value)
    assert given_by_engine == CalculatorNode().process(value)
    assert given_by_engine["args"] == (1, True)


@pytest.mark.parametrize("number", [1e16, 1e-5, 123456789.125, 5e-324, 0.1 + 0.2, -0.0, 1e22, 2.0**53])
def test_floats_are_written_as_python_writes_them(number: float) -> None:
    assert by_engine(FormatConverter, target_format="text").run(number) == json.dumps(number)
    assert math.copysign(1, by_engine(PassThroughNode).run(number)) == math.copysign(1, number)
