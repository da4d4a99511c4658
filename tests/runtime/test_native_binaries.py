"""A shared library in a package is never loaded: in each of its disguises it is refused by name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from remotemedia import _native
from remotemedia.errors import CompileError
from remotemedia.runtime.executor import RUNNER, Executor
from remotemedia.runtime.publish import build_package

HEAD = 'from remotemedia import *\n\np = Pipeline("binary")\n'


def program(directory: Path, text: str) -> Path:
    (directory / "fast.so").write_bytes(Path(_native.__file__).read_bytes()[:4096])
    file = directory / "pipeline.py"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ('RustNode("fast.so")', "RM610", "expected the name of a native node for `node`, got `fast.so`"),
        ('WasmNode("fast.so")', "RM632", "expected `fast.so` to be a WebAssembly component"),
    ],
)
def test_a_node_that_names_it_is_refused(call: str, code: str, said: str, tmp_path: Path) -> None:
    package = build_package(program(tmp_path, f"{HEAD}p.add({call})\n"), tmp_path, environ={})
    command = [str(Executor.find().path), "run", "--package", str(package.path), "--digest", package.digest]
    done = subprocess.run(
        [*command, "--runner", str(RUNNER), "--input", "-"],
        input="1\n",
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert code in done.stderr
    assert said in done.stderr


def test_a_module_that_is_one_has_no_place_in_a_package(tmp_path: Path) -> None:
    node = "class Quick(Node):\n    def process(self, value):\n        return fast.double(value)\n\n\np.add(Quick())\n"
    with pytest.raises(CompileError, match="`fast` belongs neither to the project nor to an installed") as caught:
        build_package(program(tmp_path, f"import fast\n{HEAD}\n\n{node}"), tmp_path, environ={})
    assert caught.value.code == "RM130"
