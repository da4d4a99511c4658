"""A project with one large model, and what takes time as a whole process."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path

REMOTEMEDIA = Path(sysconfig.get_path("scripts")) / "remotemedia"
PROGRAM = """\
from remotemedia import Node, OnnxNode, Pipeline


class Keep(Node):
    def process(self, value):
        return value


p = Pipeline("bench")
p.add(OnnxNode("model.onnx")).add(Keep())
"""
CHUNK = 16 << 20


def write_project(place: Path, size: int) -> Path:
    """Write a pipeline and its model, random bytes that are all in memory afterwards; the pipeline's file."""
    place.mkdir(exist_ok=True)
    with (place / "model.onnx").open("wb") as file:
        for at in range(0, size, CHUNK):
            file.write(os.urandom(min(CHUNK, size - at)))
    (place / "pipeline.py").write_text(PROGRAM)
    return place / "pipeline.py"


def environment(home: Path) -> dict[str, str]:
    """What our commands are run in: keys and caches of their own."""
    return compiled() | {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development"}


def compiled() -> dict[str, str]:
    """This environment; sources stay compiled in it, as those of an installed program do."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(*words: object, env: Mapping[str, str] | None = None) -> bytes:
    """Run a command that must succeed; what it printed."""
    return subprocess.run([*map(str, words)], check=True, stdout=subprocess.PIPE, env=env).stdout


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds, and CPU seconds of the children."""
    started, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started, used
