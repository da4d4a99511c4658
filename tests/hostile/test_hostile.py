"""Every hostile behaviour in every runtime where it makes sense, through the real executor."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from remotemedia.runtime._envs import Environments
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import build_package
from remotemedia.runtime.resolve import ResolvedPackage, Resolver
from tests.hostile.arena import Arena
from tests.hostile.judging import DEADLINE, MEMORY, MIB, judge, left
from tests.hostile.table import OF_PYTHON, ROWS, Row

SOURCE = """\
from remotemedia import Node, Pipeline
from remotemedia.nodes import PassThroughNode


class Hostile(Node):
    def process(self, value):
        if not value.startswith("/"):
            return
        scope = {}
        exec(value[1:], scope)
        yield from scope.get("out", ())


p = Pipeline("hostile")
p.add(Hostile(name="hostile"))
p.add(PassThroughNode(name="neighbour"), after=[])
"""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="session")
def package(place: Path) -> ResolvedPackage:
    (place / "pipeline.py").write_text(SOURCE)
    environ = {"REMOTEMEDIA_HOME": str(place / "home"), "REMOTEMEDIA_ENV": "development"}
    built = build_package(place / "pipeline.py", place, environ=environ)
    return Resolver(environ, Network()).resolve(os.fspath(built.path))


def plan_of(runtime: str, python: Mapping[str, Any] | None) -> dict[str, Any]:
    node: dict[str, Any] = {"runtime": runtime, "limits": {"timeout_s": DEADLINE, "memory_mb": MEMORY}}
    if python is not None:
        node |= {"grants": ["python"], "python": dict(python)}
    return {"version": 1, "nodes": {"hostile": node, "neighbour": {"runtime": "python-wasm"}}}


@pytest.fixture(scope="session")
def refused(package: ResolvedPackage, place: Path) -> Mapping[str, str]:
    """The runtimes that this executor does not have, each with its word."""
    directory = place / "refused"
    directory.mkdir()
    found: dict[str, str] = {}
    for runtime in OF_PYTHON[2:]:
        with Arena(package.path, package.digest, plan_of(runtime, None), directory) as arena:
            pass
        errors = [it["error"] for it in arena.events if it["event"] == "error"]
        found.update((runtime, it["message"]) for it in errors if it["code"] == "RM610")
    return found


def of_python() -> list[Any]:
    pairs = ((row, runtime) for row in ROWS for runtime in row.runtimes)
    return [pytest.param(row, runtime, id=f"{row.number}-{row.name}-{runtime}") for row, runtime in pairs]


@pytest.mark.parametrize(("row", "runtime"), of_python())
def test_hostile_python(
    row: Row, runtime: str, package: ResolvedPackage, refused: Mapping[str, str], tmp_path: Path
) -> None:
    if runtime in refused:
        pytest.skip(refused[runtime])
    home = package.path.parent / "home"
    (tmp_path / "home").symlink_to(home)
    hosted = ["hostile"] if runtime == "python" else []
    with Environments(home).python_of(package, hosted) as python:
        plan = plan_of(runtime, python.get("hostile"))
        with Arena(package.path, package.digest, plan, tmp_path) as arena:
            verdict = arena.provoke(row.code)
    judge(verdict, row)
    assert left(arena, home) == []
    told = json.dumps(verdict.events)
    assert "\\u001b" not in told
    assert len(told) < 4 * MIB


@pytest.mark.parametrize("runtime", OF_PYTHON)
def test_a_run_goes_on_as_its_policy_says(
    runtime: str, package: ResolvedPackage, refused: Mapping[str, str], place: Path, tmp_path: Path
) -> None:
    if runtime in refused:
        pytest.skip(refused[runtime])
    home = place / "home"
    (tmp_path / "home").symlink_to(home)
    with Environments(home).python_of(package, ["hostile"] if runtime == "python" else []) as python:
        plan = plan_of(runtime, python.get("hostile"))
        plan["nodes"]["hostile"] |= {"on_error": "restart:9"}
        with Arena(package.path, package.digest, plan, tmp_path) as arena:
            arena.settle()
            arena.strike("while True: pass", 1)
            before = arena.holds()
            arena.strike("while True: pass", 2)
            assert arena.holds() == before
            verdict = arena.provoke("out = ['alive']")
    assert (verdict.error, verdict.status) == (None, 0)
    handled = [it for it in verdict.events if it["event"] == "failure_handled"]
    assert [(it["node"], it["action"], it["error"]["code"]) for it in handled] == [("hostile", "restart", "RM603")] * 3
    assert left(arena, home) == []
