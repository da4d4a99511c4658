"""Writes what the compiler says of the dependencies of every program beside it, as `expected.json`.

python testdata/dependencies/regenerate.py
"""

import importlib
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remotemedia.compiler import Diagnostic, Program, compile_file, explain, render
from remotemedia.errors import CompileError
from remotemedia.packager._dependencies import distribution_rows, import_rows, unresolved

HERE = Path(__file__).parent
PROJECTS = HERE / "projects"


def programs() -> list[Path]:
    """Return the pipeline's file of every case, in the order of their names."""
    return sorted([*PROJECTS.glob("*/pipeline.py"), *PROJECTS.glob("*/src/*/pipeline.py")])


def case_of(program: Path) -> Path:
    """Return the directory of a program's case."""
    return PROJECTS / program.relative_to(PROJECTS).parts[0]


@contextmanager
def environment() -> Iterator[Path]:
    """Have the distributions of `environment.py` installed."""
    sys.path.insert(0, str(HERE))
    try:
        install = importlib.import_module("environment").install
    finally:
        sys.path.remove(str(HERE))
    with tempfile.TemporaryDirectory() as directory:
        install(Path(directory))
        sys.path.insert(0, directory)
        importlib.invalidate_caches()
        try:
            yield Path(directory)
        finally:
            sys.path.remove(directory)


def observe(program: Path) -> str:
    """Return what is to stand in `expected.json`."""
    try:
        said = _summary(compile_file(program))
    except CompileError as error:
        found = [each for each in error.diagnostics if isinstance(each, Diagnostic)]
        said = {"diagnostics": render(found).splitlines()}
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _summary(program: Program) -> dict[str, object]:
    return {
        "imports": import_rows(program.dependencies),
        "unresolved": unresolved(program.dependencies),
        "distributions": distribution_rows(program.dependencies),
        "vendored": [file.path for file in program.dependencies.vendored],
        "modules": [module.path for module in program.modules],
        "resources": [[file.path, file.size] for file in program.resources],
        "models": [[file.path, file.size] for file in program.files if file.kind == "model"],
        "nodes": [placement.to_json() for placement in explain(program)],
        "diagnostics": render(program.diagnostics).splitlines(),
    }


if __name__ == "__main__":
    with environment():
        for program in programs():
            (case_of(program) / "expected.json").write_text(observe(program), encoding="utf-8")
