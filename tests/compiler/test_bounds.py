"""Hostile files end in a diagnostic, soon, and without exhausting stack or memory."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remotemedia.compiler import compile_file
from remotemedia.compiler._prescan import scan
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.compiler.conftest import Refuse

_N = 200_000

_DEEP = {
    "parentheses": "(" * _N + ")" * _N,
    "open parentheses": "(" * _N,
    "lists": "[" * _N + "]" * _N,
    "dicts": "{1:" * _N + "1" + "}" * _N,
    "calls inside": "f(" * _N,
    "calls behind": "a" + "()" * _N,
    "items": "a" + "[0]" * _N,
    "attributes": "a" + ".b" * _N,
    "sum": "+".join("1" * _N),
    "power": "**".join("1" * _N),
    "signs": "-" * _N + "1",
    "not": "not " * _N + "1",
    "lambda": "lambda:" * _N + "1",
    "lambda defaults": "lambda a=" * _N,
    "conditional": "1 if 1 else " * _N + "1",
    "and": " and ".join("1" * _N),
    "strings": "'a' " * _N,
    "walrus": "(a:=" * _N,
    "comprehension": "[a " + "for a in b " * _N + "]",
    "f-string": "f'{" + "(" * _N + ")" * _N + "}'",
    "f-string after a string": 'f"{ \'\' + "" + ' + "(" * _N + ' "" }"',
    "f-string in f-string": "f'{" * _N,
    "format specification": "f'{a:" + "{a:" * _N,
    "elif": "if a:\n pass\n" + "elif a:\n pass\n" * _N,
    "else": "if a:\n pass\nelse:\n" + "".join(f"{' ' * n}if a:\n" for n in range(1, 150)),
    "case": "match a:\n case " + "{1:" * 12 + "a" + "}" * 12 + ": pass\n",
    "case list": "match a:\n case " + "[" * 300 + "]" * 300 + ": pass\n",
    "import": "import a" + ".b" * _N,
    "backslashes": "x = \\\n" + "(\\\n" * _N,
    "many shallow": ("[" * 60 + "]" * 60 + "\n") * 8000,
    "many statements": "a;" * _N,
    "decorators": "@(" * _N,
    "star": "print(*" * _N,
    "await": "await (" * _N,
    "type parameters": "def f[" * _N,
    "closed too often": ")" * _N + "(" * _N,
}


@pytest.mark.parametrize("text", _DEEP.values(), ids=_DEEP)
def test_deep_nesting(refused: Refuse, text: str) -> None:
    started = time.perf_counter()
    found = refused(text[: 1 << 20])
    assert time.perf_counter() - started < 4
    assert found[0].code in {"RM101", "RM114"}


def test_two_hundred_thousand_parentheses(refused: Refuse) -> None:
    started = time.perf_counter()
    (found,) = refused("x = " + "(" * _N + ")" * _N)
    assert time.perf_counter() - started < 2
    assert found.code == "RM114"
    assert found.span is not None
    assert found.span.line == 1


def test_nesting_of_ordinary_programs_is_allowed() -> None:
    chain = "p" + ".add(Node([1, {'a': (2, [3])}], x=f(g(h(1)))))" * 60
    table = "T = {" + ", ".join(f"'k{n}': [-{n}, {{'a': -1 - 2}}]" for n in range(3000)) + "}"
    nested = "".join(f"{' ' * 4 * n}if a:\n" for n in range(20)) + " " * 80 + "x = (1, [2, {3: (4,)}])\n"
    text = 'f"{a["k"]:>{w}} {{}} {f\'{b}\'!r:{"x"}}"'
    rule = f"# {'(' * 5000}\n'''{'(' * 5000}'''\nx = '{'-' * 5000}'\n"
    for program in (chain, table, nested, text, rule):
        assert scan(program).excess is None


def test_line_of_an_excess() -> None:
    excess = scan("a = 1\r\nb = 2\r" + "c = 3\n" + "[" * 100).excess
    assert excess is not None
    assert excess.line == 4


def test_size(refused: Refuse) -> None:
    assert refused("#" * ((1 << 20) + 1))[0].code == "RM114"


def test_unreadable(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.py")
    for name in ("missing.py", ".", "fifo.py"):
        with pytest.raises(CompileError) as caught:
            compile_file(tmp_path / name)
        assert caught.value.code == "RM101"


@pytest.mark.parametrize(
    "text",
    [
        "x = 10 ** 10 ** 10\nx = 9 ** 9 ** 9 ** 9",
        "x = 1 << 10 ** 9",
        "x = 'a' * 10 ** 12",
        "x = '%1000000000d' % 1",
        "x = f'{1:1000000000}'",
        "x = f'{1:.{10 ** 9}}'",
        "x = [0] * 10 ** 10",
        "x = 'a'\n" + "x = x + x\n" * 100,
        "x = [1]\n" + "x = x + x\n" * 100,
        "x = [1]\n" + "x += x\n" * 40,
        "x = [1]\n" + "x.extend(x)\n" * 40,
        "x = [1]\n" + "x = [*x, *x]\n" * 40,
        "x = {}\n" + "x = [x, x]\n" * 200 + "p = Pipeline('x')\np.add(OnnxNode('m', state=x))",
        "x = []\nx.append(x)\np = Pipeline('x')\np.add(OnnxNode('m', state=x))",
        "x = [" + "1, " * 60_000 + "]\n" + "print(f(x))\ny = x + [1]\n" * 5000,
        "x = 3\n" + "x = x * x\n" * 200,
        "x = " + "9" * 100_000,
        "x = int('9' * 5000)",
        "x = []\nx.append(x)\nx == x",
        "def f(): f()\nf()",
        "\n".join(f"def f{n}(): f{n + 1}(); f{n + 1}()" for n in range(400)) + "\nf0()",
        "class A(A): pass",
        "class A: pass\nclass B(A, A): pass\nB()",
        "\n".join(
            f"class C{n}({', '.join(f'C{m}' for m in range(n - 1, max(-1, n - 8), -1))}): pass" for n in range(300)
        ),
    ],
    ids=lambda text: text.splitlines()[-1][:30],
)
def test_expensive_programs(refused: Refuse, text: str) -> None:
    started = time.perf_counter()
    assert refused(f"from remotemedia import *\n{text}\nPipeline(x, y, z, 1)\n")
    assert time.perf_counter() - started < 3


def test_steps(refused: Refuse) -> None:
    found = refused("x = 1\n" * 60_000 + "x = 1 + 1\n" * 1000)
    assert found[0].code == "RM114"


def test_modules(refused: Refuse) -> None:
    found = refused("import m0\n", **{f"m{n}": f"import m{n + 1}\n" for n in range(600)})
    assert found[0].code == "RM114"


def test_total_size(refused: Refuse) -> None:
    comment = "#" * 1_000_000
    found = refused("import m0\n", **{f"m{n}": f"import m{n + 1}\n{comment}\n" for n in range(10)})
    assert found[0].code == "RM114"


def test_number_of_findings(refused: Refuse) -> None:
    found = refused("from remotemedia import *\np = Pipeline('x')\n" + "p.add(Lost())\n" * 500)
    assert 1 < len(found) <= 50


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.text("()[]{}'\"f\\\n :,.ab1=#", max_size=200))
def test_prescan_takes_any_text(text: str) -> None:
    assert scan(text).tokens <= len(text)


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=300) | st.text("pAN().,=[]{}'\"\n 1:ifordef", max_size=300).map(str.encode))
def test_any_bytes_give_a_program_or_findings(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "pipeline.py"
    path.write_bytes(b"from remotemedia import *\np = Pipeline('x')\n" + body)
    with suppress(CompileError):
        compile_file(path)
