"""What the evaluator computes equals what Python computes, or is not known; it is never anything else."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler.evaluating import UNKNOWN, names_of
from tests.compiler.expressions import array_expressions, expressions

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """\
import copy, itertools, json, math, operator, os, statistics
from pathlib import Path

import numpy as np


def zip_list(a, b):
    return list(zip(a, b))


def chain_list(a, b):
    return list(itertools.chain(a, b))


def enumerate_list(a, b):
    return list(enumerate(a, b))


"""
_SETTINGS = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def _canonical(value: Any) -> Any:  # noqa: PLR0911 - one a type
    """Return a form in which equal values are equal, whatever order their sets have."""
    match value:
        case np.ndarray():
            return "array", value.dtype.str, value.shape, value.tobytes()
        case np.generic():
            return "scalar", value.dtype.str, value.tobytes()
        case list():  # a list stands for a tuple as well, which a manifest does not tell from it
            return [_canonical(item) for item in value]
        case tuple():
            return [_canonical(item) for item in value]
        case set() | frozenset():
            return type(value).__name__, sorted(repr(_canonical(item)) for item in value)
        case dict():
            return "dict", [(repr(key), _canonical(item)) for key, item in value.items()]
    return type(value).__name__, repr(value)


def _compare(texts: list[str], directory: Path) -> int:
    """Compare expressions, each for itself; return how many of them are known."""
    lines = [f"v{at} = {text}" for at, text in enumerate(texts)]
    found = names_of(_HEAD + "\n".join(lines) + "\n", directory)
    names: dict[str, Any] = {}
    exec(_HEAD, names)  # noqa: S102 - these texts are the test's own
    count = 0
    for at, text in enumerate(texts):
        mine = found.get(f"v{at}", UNKNOWN)
        if mine is UNKNOWN:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                real = eval(text, dict(names))  # noqa: S307 - these texts are the test's own
        except Exception:  # noqa: BLE001, S112 - a program that ends here has no graph that could differ
            continue
        assert _canonical(mine) == _canonical(real), text
        count += 1
    return count


@_SETTINGS
@given(st.lists(expressions(), min_size=8, max_size=8))
def test_expressions(tmp_path: Path, texts: list[str]) -> None:
    _compare(texts, tmp_path)


@_SETTINGS
@given(st.lists(array_expressions(), min_size=6, max_size=6))
def test_array_expressions(tmp_path: Path, texts: list[str]) -> None:
    _compare(texts, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2] * 3", "'%d-%s' % (3, 'x')", "{1, 2} | {3}", "{'a': 1} | {'b': 2}", "(1, 2) + (3,)", "1 < 2 < 3",
        "'b' in {'a', 'b'}", "sorted({3, 1})", "[x * y for x in (1, 2) for y in (3, 4) if x != y]", "'a,b'.split(',')",
        "max([1, 5, 3], key=lambda x: -x)", "sum([[1], [2]], [])", "'{:03d}|{!r}'.format(7, 'x')", "b'\\xff'.hex()",
        "dict(zip('ab', range(2)))", "list(itertools.product([1, 2], 'ab'))", "np.arange(3).tolist()", "10 ** 20",
        "os.path.join('a', 'b')", "str(Path('a') / 'b')", "math.hypot(3, 4)", "len(range(10)[2:])", "round(2.5)",
        "json.loads('[1, {\"a\": null}]')", "statistics.median([3, 1, 2])", "np.float32(0.1) + 1", "-np.ones(2)",
        "np.array([1, 2]).dtype.name", "copy.deepcopy([[1]])", "np.iinfo(np.int16).max", "'x'.join(['a', 'b'])",
    ],
)  # fmt: skip
def test_is_known(tmp_path: Path, text: str) -> None:
    assert _compare([text], tmp_path) == 1


@pytest.mark.parametrize(
    "text",
    [
        "'x' * 10**9", "[0] * 10**9", "list(range(10**9))", "2 ** 10**9", "1 << 10**9", "np.zeros(10**9)",
        "np.zeros((10**5, 10**5))", "np.ones(5000) @ np.ones((5000, 10**7))", "np.tile([1], 10**9)", "'x'.ljust(10**9)",
        "'{:>999999999}'.format(1)", "'%999999999d' % 1", "f'{1:>999999999}'", "math.factorial(10**6)", "pow(7, 10**8)",
        "bytes(10**9)", "'ab'.replace('', 'x' * 60000)", "('x' * 60000).join(['a'] * 60000)", "np.arange(0, 1, 1e-12)",
        "list(itertools.product(range(100), repeat=9))", "list(itertools.count())", "np.zeros(3, dtype='S999999999')",
        "json.dumps([1], indent=10**9)", "sum(itertools.count())", "np.outer(np.ones(10**5), np.ones(10**5))",
        "list(itertools.repeat(1))", "np.pad([1], 10**9)", "np.linspace(0, 1, 10**10)", "np.diag(np.ones(10**5))",
        "repr([['x' * 60000] * 60000] * 60000)", "np.empty(3)", "np.random.rand()", "id(3)", "hash('a')", "object()",
        "np.broadcast_to(1, (10**6, 10**6))", "np.array([0])[[0] * 60000][:, None] + np.ones(60000)",
    ],
)  # fmt: skip
def test_is_bounded(tmp_path: Path, text: str) -> None:
    found = names_of(_HEAD + f"value = {text}\n", tmp_path)
    assert found.get("value", UNKNOWN) is UNKNOWN
