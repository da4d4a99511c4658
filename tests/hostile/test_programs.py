"""Hostile native programs, with the grant that runs them, through the real executor."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import RemoteMediaError
from remotemedia.packager import BuiltPackage
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.publish import build_package
from remotemedia.schemas.modules import platform
from tests.hostile.arena import Arena
from tests.hostile.judging import DEADLINE, MEMORY, judge, left
from tests.hostile.table import PROGRAMS, Program

COMPILER = shutil.which("cc")
SOURCE = Path(__file__).parents[2] / "testdata/native/hostile.c"
PIPELINE = """\
from remotemedia import PassThroughNode, Pipeline, ProgramNode

p = Pipeline("stranger")
p.add(ProgramNode({{{platform!r}: "hostile"}}, way={way!r}, name={name!r}))
p.add(PassThroughNode(name="neighbour"), after=[])
"""
# A kernel without landlock: the call that makes its rules is one that there is not, for this process and all it starts.
WITHOUT_LANDLOCK = """\
#!{python}
import ctypes, os, struct, sys

LOAD, EQUAL, RETURN, LANDLOCK, NO_SUCH_CALL, ALLOW = 0x20, 0x15, 0x06, 444, 0x50026, 0x7FFF0000
steps = [(LOAD, 0, 0, 0), (EQUAL, 0, 1, LANDLOCK), (RETURN, 0, 0, NO_SUCH_CALL), (RETURN, 0, 0, ALLOW)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
prctl = ctypes.CDLL(None).prctl
if prctl(38, 1, 0, 0, 0) or prctl(22, 2, filter, 0, 0):  # no new privileges; filter system calls
    sys.exit("no filter")
os.execv({executor!r}, [{executor!r}, *sys.argv[1:]])
"""

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The program, by what it does in the place of a greeting."""
    directory, made = tmp_path_factory.mktemp("native"), {}
    for number, before in enumerate(sorted({row.before for row in PROGRAMS})):
        made[before] = directory / str(number)
        words = [str(COMPILER), "-O1", "-pthread", "-o", str(made[before]), str(SOURCE)]
        subprocess.run([*words, *([f'-DBEFORE="{before}"'] if before else [])], check=True)
    return made


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.number}-{row.name}") for row in PROGRAMS])
def test_hostile_program(row: Program, compiled: dict[str, Path], tmp_path: Path) -> None:
    package = built(compiled[row.before], tmp_path, way=row.way)
    limits = {"timeout_s": DEADLINE, "memory_mb": MEMORY}
    plan = {"version": 1, "nodes": {"hostile": {"limits": limits, "grants": ["program"]}}}
    with Arena(package.path, package.digest, plan, tmp_path) as arena:
        verdict = arena.provoke("do it")
    judge(verdict, row)
    assert left(arena, tmp_path / "home") == []


def test_without_landlock_no_program_is_started(compiled: dict[str, Path], tmp_path: Path) -> None:
    package = built(compiled[""], tmp_path, way="exit")
    wrapper = tmp_path / "executor"
    wrapper.write_text(WITHOUT_LANDLOCK.format(python=sys.executable, executor=str(Executor.find().path)))
    wrapper.chmod(0o755)
    with pytest.raises(RemoteMediaError, match="got one without landlock") as caught:
        run(Executor(wrapper), package, tmp_path, node="hostile")
    assert caught.value.code == "RM629"


def test_a_node_may_be_called_like_an_option(compiled: dict[str, Path], tmp_path: Path) -> None:
    package = built(compiled[""], tmp_path, name="--size=1")
    events = run(Executor.find(), package, tmp_path, node="--size=1")
    assert events[-1]["event"] == "done"


def built(program: Path, place: Path, *, way: str = "", name: str = "hostile") -> BuiltPackage:
    """A package with the program and its neighbour; `place` gets a home as well."""
    (place / "home").mkdir()
    (place / "pipeline.py").write_text(PIPELINE.format(platform=platform(), way=way, name=name))
    shutil.copy(program, place / "hostile")
    return build_package(place / "pipeline.py", place, environ={})


def run(executor: Executor, package: BuiltPackage, place: Path, *, node: str) -> list[dict[str, Any]]:
    """What the executor tells of one packet, of which the program makes nothing."""
    events: list[dict[str, Any]] = []
    (place / "input.jsonl").write_text('"hello"\n')
    output = {"input": str(place / "input.jsonl"), "output": str(place / "output.jsonl")}
    plan = {"version": 1, "nodes": {node: {"grants": ["program"]}}, **output}
    executor.run(package.path, package.digest, plan, directory=place, home=place / "home", on_event=events.append)
    return events
