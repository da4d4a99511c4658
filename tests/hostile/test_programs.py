"""Hostile native programs, with the grant that runs them, through the real executor."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

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
p.add(ProgramNode({{{platform!r}: "hostile"}}, way={way!r}, name="hostile"))
p.add(PassThroughNode(name="neighbour"), after=[])
"""

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The program, by what it does in the place of a greeting."""
    directory, made = tmp_path_factory.mktemp("native"), {}
    for number, before in enumerate(sorted({row.before for row in PROGRAMS})):
        made[before] = directory / str(number)
        words = [str(COMPILER), "-O1", "-o", str(made[before]), str(SOURCE)]
        subprocess.run([*words, *([f'-DBEFORE="{before}"'] if before else [])], check=True)
    return made


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.number}-{row.name}") for row in PROGRAMS])
def test_hostile_program(row: Program, compiled: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "pipeline.py").write_text(PIPELINE.format(platform=platform(), way=row.way))
    shutil.copy(compiled[row.before], tmp_path / "hostile")
    package = build_package(tmp_path / "pipeline.py", tmp_path, environ={})
    limits = {"timeout_s": DEADLINE, "memory_mb": MEMORY}
    plan = {"version": 1, "nodes": {"hostile": {"limits": limits, "grants": ["program"]}}}
    with Arena(package.path, package.digest, plan, tmp_path) as arena:
        verdict = arena.provoke("do it")
    judge(verdict, row)
    assert left(arena, tmp_path / "home") == []
