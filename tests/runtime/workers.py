"""Packages whose node runs in a worker process, by the bare executor."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import remotemedia
from remotemedia.runtime._envs import linked
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.publish import build_package

__all__ = ["Ran", "RunInWorker", "left_behind", "run_in_worker"]

HEAD = "from remotemedia import Node, Pipeline\n\n"
TAIL = "\n\np = Pipeline('worker')\np.add(N({arguments}))\n"


@dataclass(frozen=True)
class Ran:
    """How a run in a worker ended.

    Attributes:
        status: of the executor.
        values: what came out.
        told: what was said on standard error.
        seconds: how long the executor took, with all its starting.
    """

    status: int
    values: list[Any]
    told: str
    seconds: float

    @property
    def code(self) -> str:
        """The code of the failure; empty where there is none."""
        _, _, rest = self.told.partition("error[")
        return rest.partition("]")[0]


RunInWorker: TypeAlias = Callable[..., Ran]


def run_in_worker(
    directory: Path,
    source: str,
    values: Sequence[Any] = (1,),
    *,
    grants: Sequence[str] = (),
    timeout_s: float = 5,
    memory_mb: int = 512,
    workers: int | None = None,
    arguments: str = "",
    environ: dict[str, str] | None = None,
) -> Ran:
    """Run the class `N` of a source on values, in a worker that is granted `python` and what else is named.

    Args:
        directory: where project, package and plan are, and the home directory is made.
        source: of the module, between the imports of `Node` and `Pipeline` and the pipeline itself.
        values: JSON values.
        grants: beside `python`.
        timeout_s: of one call.
        memory_mb: of the node.
        workers: processes of the node.
        arguments: of its constructor, as source.
        environ: variables of the executor.
    """
    file, plan = directory / "pipeline.py", directory / "plan.json"
    file.write_text(HEAD + source + TAIL.format(arguments=arguments))
    package = build_package(file, directory, environ={})
    node = {
        "runtime": "python",
        "grants": ["python", *grants],
        "limits": {"timeout_s": timeout_s, "memory_mb": memory_mb},
        "python": _python(directory),
        "workers": workers,
    }
    node = {name: value for name, value in node.items() if value is not None}
    plan.write_text(json.dumps({"version": 1, "nodes": {"N": node}}))
    command = [str(Executor.find().path), "run", "--package", str(package.path), "--digest", package.digest]
    begin = time.monotonic()
    ended = subprocess.run(
        [*command, "--plan", str(plan), "--input", "-"],
        input="".join(f"{json.dumps(value)}\n" for value in values),
        env={"HOME": str(directory), **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    seconds = time.monotonic() - begin
    return Ran(ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()], ended.stderr, seconds)


def left_behind(directory: Path) -> list[str]:
    """Temporary directories that were not removed."""
    return sorted(it.name for it in (directory / ".remotemedia" / "tmp").glob("*"))


def _python(directory: Path) -> dict[str, Any]:
    """The interpreter of the tests, this SDK alone in a directory, and numpy."""
    own, place = Path(remotemedia.__file__).parent, directory / "sdk"
    if not place.exists():
        place.mkdir()
        (place / "remotemedia").symlink_to(own)
    path = [str(place), str(Path(np.__file__).parents[1])]
    return {"interpreter": sys.executable, "path": path, "read": linked(own)}
