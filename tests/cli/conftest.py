"""Small projects to build and run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command

DOUBLE = """\
from remotemedia import Node, Pipeline


class Double(Node):
    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, value):
        return value * self.factor


p = Pipeline("double")
p.add(Double(factor=3))
"""

Project = Callable[..., Path]
Build = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Write a pipeline's file: `project(source)`, `project(source, name="other")`."""

    def write(source: str = DOUBLE, *, name: str = "project") -> Path:
        directory = tmp_path / name
        directory.mkdir()
        file = directory / "pipeline.py"
        file.write_text(source)
        return file

    return write


@pytest.fixture
def build(project: Project, remotemedia: Command, tmp_path: Path) -> Build:
    """Build a pipeline's source: the package's path."""

    def run(source: str = DOUBLE, *flags: str, name: str = "project") -> Path:
        file = project(source, name=name)
        done = remotemedia("build", file, "-o", tmp_path / f"{name}-out", "--json", *flags)
        assert done.returncode == 0, done.stderr
        return Path(json.loads(done.stdout)["path"])

    return run
