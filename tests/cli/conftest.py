"""Small projects to build and run."""

from __future__ import annotations

import gc
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from remotemedia.cli import main
from tests.conftest import Command
from tests.simulators.registry import RegistrySimulator

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


@pytest.fixture
def registry() -> Iterator[RegistrySimulator]:
    """A registry on this machine, with nothing in it."""
    with RegistrySimulator() as simulator:
        yield simulator


@pytest.fixture
def inside(home: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line in this process, for commands that start no run: most of a child's time is its start."""

    def run(*words: object, env: Mapping[str, str] | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        streams = [io.TextIOWrapper(io.BytesIO(data)) for data in (stdin.encode(), b"", b"")]
        threshold = gc.get_threshold()
        with monkeypatch.context() as patched:
            for name, value in {"NO_COLOR": "1", "COLUMNS": "120", **(env or {})}.items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["remotemedia", *map(str, words)])
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patched.setattr(sys, name, stream)
            try:
                main()
                status: object = 0
            except SystemExit as end:
                status = end.code
            for stream in streams[1:]:
                stream.flush()
        gc.set_threshold(*threshold)
        out, err = (stream.buffer.getvalue().decode() for stream in streams[1:])
        return subprocess.CompletedProcess([], int(str(status or 0)), out, err)

    return run
