"""Hostile components and models of strangers, and hostile values for native nodes, through the real executor."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from remotemedia.runtime import onnxruntime
from remotemedia.runtime.publish import build_package
from tests.hostile.arena import Arena
from tests.hostile.judging import DEADLINE, MEMORY, judge, left
from tests.hostile.table import STRANGERS, Stranger

TESTDATA = Path(__file__).parents[2] / "testdata"
LIBRARY = onnxruntime.library()
SOURCE = """\
from remotemedia import *


class Giver(Node):
    def process(self, value):
        if not value.startswith("/"):
            return
        scope = {{}}
        exec(value[1:], scope)
        yield from scope["out"]


p = Pipeline("stranger")
p.add(Giver(name="giver"))
p.add({node}name="hostile"))
p.add(PassThroughNode(name="neighbour"), after=[])
"""


def plan() -> dict[str, Any]:
    limits = {"timeout_s": DEADLINE, "memory_mb": MEMORY}
    python = {"runtime": "python-wasm"}
    return {"version": 1, "nodes": {"giver": python, "hostile": {"limits": limits}, "neighbour": python}}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where components are compiled once."""
    directory = tmp_path_factory.mktemp("strangers") / "home"
    directory.mkdir()
    return directory


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.number}-{row.name}") for row in STRANGERS])
def test_hostile_stranger(row: Stranger, home: Path, tmp_path: Path) -> None:
    if row.name.startswith("onnx") and LIBRARY is None:
        pytest.skip("onnxruntime is not installed")
    (tmp_path / "pipeline.py").write_text(SOURCE.format(node=row.node))
    if row.file:
        shutil.copy(TESTDATA / row.file, tmp_path)
    package = build_package(tmp_path / "pipeline.py", tmp_path, environ={})
    (tmp_path / "home").symlink_to(home)
    with Arena(package.path, package.digest, plan(), tmp_path) as arena:
        verdict = arena.provoke(row.code)
    judge(verdict, row)
    assert left(arena, home) == []
