"""Objects of the project's classes that define what operators and functions of Python do to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.compiler.evaluating import UNKNOWN, names_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.compiler.conftest import Compile, Refuse

_HEAD = """
from remotemedia import Node, Pipeline

class Keep(Node):
    def __init__(self, *values, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value

p = Pipeline("test")
"""


@pytest.mark.parametrize(
    ("body", "expression", "expected"),
    [
        ("class E(str, Enum):\n    A = 1\n    B = '1'\n", "(E.A.value, E.B.name, E.A is E.B)", ("1", "A", True)),
        ("class E(int, Enum):\n    A = '7'\n", "E.A.value + E.A", 14),
        ("class E(Flag):\n    A = 1\n    B = 2\n    AB = 3\n", "([e.name for e in E], len(E))", (["A", "B"], 2)),
        ("class E(Enum):\n    _A = 1\n    B = 2\n", "(E._A.name, len(E))", ("_A", 2)),
        (
            "class E(str, Enum):\n    A = 'a'\n",
            "(f'{E.A}', 'x' + E.A, E.A == 'a', E.A.upper())",
            ("E.A", "xa", True, "A"),
        ),
        ("class E(str, Enum):\n    A = 'a'\n    def __str__(self): return self.value\n", "f'{E.A}'", "a"),
        (
            "class E(IntEnum):\n    A = 2\n",
            "(f'{E.A:03d}', [0] * E.A, 'abc'[E.A], E.A in {2})",
            ("002", [0, 0], "c", True),
        ),
    ],
)
def test_member_is_what_is_mixed_in(tmp_path: Path, body: str, expression: str, expected: object) -> None:
    text = f"from enum import Enum, Flag, IntEnum\n{body}found = {expression}\n"
    names: dict[str, object] = {}
    exec(text, names)  # noqa: S102 - it stands here
    assert names["found"] == expected
    assert names_of(text, tmp_path)["found"] == expected


@pytest.mark.parametrize(
    "body",
    [
        "class E(str, Enum):\n    A = 'a'\n    __eq__ = lambda self, other: True\nfound = E.A == 'b'",
        "class E(int, Enum):\n    A = 1\n    def __new__(cls, value): return int.__new__(cls, 5)\nfound = E.A.value",
        "class E(Enum):\n    A = 1\n    def __init__(self, value): self._value_ = 5\nfound = E.A.value",
    ],
)
def test_member_of_a_class_with_its_own_ways_is_not_known(tmp_path: Path, body: str) -> None:
    assert names_of(f"from enum import Enum\n{body}\n", tmp_path)["found"] is UNKNOWN


def test_equal_items_of_an_intersection_are_those_that_python_keeps(tmp_path: Path) -> None:
    text = "a = [*({1} & {True})]\nb = [*({1, 2} & {True})]\nc = [*({True} & {1, 2})]\n"
    text += "d = [*{1, 2}.intersection({True})]\n"
    names: dict[str, object] = {}
    exec(text, names)  # noqa: S102 - it stands here
    known = names_of(text, tmp_path)
    assert [repr(known[name]) for name in "abcd"] == [repr(names[name]) for name in "abcd"]


def test_format_is_computed_and_bounded(tmp_path: Path) -> None:
    names = names_of("a, b = format(7, '03d'), format('x')\nwide = format(1, '99999d')\n", tmp_path)
    assert (names["a"], names["b"], names["wide"]) == ("007", "x", UNKNOWN)


def test_isinstance_of_a_protocol_is_not_decided(tmp_path: Path) -> None:
    text = """
from typing import Protocol, runtime_checkable

@runtime_checkable
class Named(Protocol):
    name: str

class Thing:
    def __init__(self): self.name = "a"

class Other: pass

thing, plain, sub = isinstance(Thing(), Named), isinstance(Thing(), Other), isinstance(5, Other)
"""
    names = names_of(text, tmp_path)
    assert (names["thing"], names["plain"], names["sub"]) == (UNKNOWN, False, False)


def test_an_operator_runs_the_code_of_its_class(compiled: Compile) -> None:
    program = compiled(
        _HEAD
        + """
class Adds:
    def __init__(self, number): self.number = number
    def __or__(self, node):
        p.add(node)
        return self
    def __radd__(self, other):
        p.add(Keep(other))
        return self.number + other

a = Adds(2)
a | Keep("first") | Keep("second")
a |= Keep("third")
p.add(Keep(1 + a, sum([a, a], 3)))
"""
    )
    values = [node["params"]["values"] for node in program.manifest["nodes"]]
    assert values == [["first"], ["second"], ["third"], [1], [3], [5], [3, 7]]


def test_an_operator_in_a_function_that_is_not_followed_is_refused(refused: Refuse) -> None:
    found = refused(
        _HEAD
        + """
import statistics

class Adds:
    def __add__(self, other):
        p.add(Keep(other))
        return self

p.add(Keep(0))
statistics.mean([Adds(), Adds()])
"""
    )
    assert found[0].code == "RM106"
