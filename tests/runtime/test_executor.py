"""The executor as a program of its own, without Python and without an environment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from remotemedia.packager import BuiltPackage
from remotemedia.runtime._choice import NodeChoice
from remotemedia.runtime._plan import RunOptions, make_plan
from remotemedia.runtime.executor import RUNNER, Executor
from remotemedia.runtime.publish import build_package
from remotemedia.schemas.execution import DoneEvent, Plan, StageEvent, parse_event

SOURCE = """\
from remotemedia import Node, Pipeline


class Double(Node):
    def process(self, value):
        return value * 2


p = Pipeline("double")
p.add(Double())
"""


@pytest.fixture
def package(tmp_path: Path) -> BuiltPackage:
    file = tmp_path / "pipeline.py"
    file.write_text(SOURCE)
    return build_package(file, tmp_path, environ={})


def execute(package: BuiltPackage, *flags: str, digest: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the bare program on two values."""
    command = [str(Executor.find().path), "run", "--package", str(package.path), "--digest", digest or package.digest]
    command += ["--runner", str(RUNNER), "--input", "-", *flags]
    return subprocess.run(command, input="1\n2\n", env={}, capture_output=True, text=True, check=False, timeout=60)


def test_it_runs_a_package_by_itself(package: BuiltPackage) -> None:
    done = execute(package)
    assert (done.returncode, done.stdout) == (0, "2\n4\n"), done.stderr


def test_it_trusts_only_the_digest_it_was_given(package: BuiltPackage) -> None:
    done = execute(package, digest=f"sha256:{'0' * 64}")
    assert (done.returncode, done.stdout) == (3, "")
    assert "error[RM301]" in done.stderr


def test_it_tells_stages_and_figures_as_json_lines(package: BuiltPackage) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as events:
        command = [str(Executor.find().path), "run", "--package", str(package.path), "--digest", package.digest]
        command += ["--runner", str(RUNNER), "--input", "-", "--events-fd", str(writing)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(writing,)) as child:
            os.close(writing)
            told = [parse_event(line) for line in events]
        assert child.returncode == 0
    *stages, done = told
    assert [event.name for event in stages if isinstance(event, StageEvent)] == ["open", "load", "start"]
    assert isinstance(done, DoneEvent)
    assert done.report.nodes[0].id == "Double"


def test_the_plans_that_are_made_are_what_the_schema_says() -> None:
    options = RunOptions(input="-", settings={"Double.factor": 3}, allow=("read=/data",), timeout_s=2.5, memory_mb=64)
    python = {"Double": {"interpreter": "/usr/bin/python3", "path": ["/lib"], "read": ["/sdk"]}}
    plan = make_plan([NodeChoice("Double", "python"), NodeChoice("Gain", "native")], options, python=python)
    assert Plan.model_validate_json(json.dumps(plan)).model_dump(mode="json", exclude_none=True) == plan


def test_a_runtime_it_does_not_have_is_refused(package: BuiltPackage, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"version": 1, "nodes": {"Double": {"runtime": "rustpython"}}}))
    done = execute(package, "--plan", str(plan))
    assert done.returncode == 1
    assert "error[RM610]" in done.stderr
