"""Programs that would run for ever, or fill the memory, end in a program or in diagnostics: real processes, limited."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from remotemedia.compiler import compile_file
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 2.0
_BYTES = 500 << 20

_LONG = "L = [0] * 60000\nM = []\n"
_HOSTILE = {
    "endless loop": "n = 0\nwhile True:\n    n += 1\n",
    "endless graph": "while True:\n    p.add(AudioMixNode(3))\n",
    "endless generator": "def g():\n    while True:\n        yield [0] * 1000\nM = list(g())\n",
    "endless recursion": "def f(n):\n    return g(n + 1)\ndef g(n):\n    return f(n + 1)\nf(0)\n",
    "exponential recursion": "def f(n):\n    return f(n - 1) + f(n - 1)\nf(50)\n",
    "recursive class": "class A:\n    def __init__(self):\n        self.a = A()\nA()\n",
    "nested comprehension": "[a for a in range(10**6) for b in range(10**6) for c in range(10**6)]\n",
    "huge range": "x = list(range(10**12))\n",
    "doubled list": "x = [1]\nwhile True:\n    x = x + x\n",
    "billion laughs": "x = ()\nwhile True:\n    x = (x, x)\n",
    "long lists": f"{_LONG}while True:\n    M.append(L + [1])\n",
    "long copies": f"{_LONG}while True:\n    M.append(L[1:])\n",
    "long arguments": f"{_LONG}def f(*a):\n    return a\nwhile True:\n    M.append(f(*L))\n",
    "long parameters": f"{_LONG}while True:\n    M.append(AudioMixNode(L))\n",
    "long texts": "s = 'a' * 60000\nM = []\nfor i in range(10**6):\n    M.append(f'{s}{i}')\n",
    "long numbers": "x = 3\nM = []\nwhile True:\n    x = x * 3\n    M.append(x)\n",
    "long searches": f"{_LONG}while True:\n    99 in L\n",
    "unknown calls": f"{_LONG}while True:\n    unknown(L)\n",
    "large dict": "d = {}\ni = 0\nwhile True:\n    d[i] = [i] * 1000\n    i += 1\n",
}


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (_BYTES, _BYTES))


@pytest.mark.parametrize("text", _HOSTILE.values(), ids=_HOSTILE)
def test_hostile_program(tmp_path: Path, text: str) -> None:
    program = tmp_path / "pipeline.py"
    program.write_text(
        f"from remotemedia import AudioMixNode, AudioSource, Pipeline\np = Pipeline('x')\n{text}p.add(AudioSource())\n"
    )
    with (tmp_path / "output").open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "remotemedia.cli", "compile", str(program)],
            stdout=output,
            stderr=output,
            preexec_fn=_limit,  # noqa: PLW1509 - the test starts no threads
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    said = (tmp_path / "output").read_text()
    assert child.returncode in {0, 1}, said
    assert "Traceback" not in said
    assert used.ru_utime + used.ru_stime < _SECONDS


def test_statement_that_runs_too_long_is_passed_over(tmp_path: Path) -> None:
    program = tmp_path / "pipeline.py"
    endless = "n = 0\nwhile True:\n    n += 1\n"
    program.write_text(
        f"from remotemedia import AudioSource, Pipeline\n{endless}p = Pipeline('x').add(AudioSource())\n"
    )
    assert len(compile_file(program).manifest["nodes"]) == 1
    program.write_text(f"from remotemedia import AudioSource, Pipeline\n{endless * 6}p = Pipeline('x')\n")
    with pytest.raises(CompileError) as caught:
        compile_file(program)
    assert caught.value.code == "RM114"


@pytest.mark.parametrize("nodes", [1000, 10_000])
def test_graph_of_many_nodes(tmp_path: Path, nodes: int) -> None:
    program = tmp_path / "pipeline.py"
    program.write_text(
        f"from remotemedia import AudioMixNode, Pipeline\np = Pipeline('x')\n"
        f"for number in range({nodes}):\n    p.add(AudioMixNode(number % 8 + 1, name=f'n{{number}}'))\n"
    )
    assert len(compile_file(program).manifest["connections"]) == nodes - 1
