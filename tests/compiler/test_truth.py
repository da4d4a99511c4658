"""What the compiler reads equals what the program builds, for programs that hypothesis makes up."""

from __future__ import annotations

import gc
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings

from remotemedia import Pipeline
from remotemedia.compiler import compile_file
from tests.compiler.generated_programs import programs

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _run(program: Path, main: ModuleType) -> dict[str, object]:
    """Run a program as Python would, and give its pipeline's manifest."""
    main.__file__ = str(program)
    exec(compile(program.read_bytes(), program, "exec"), vars(main))  # noqa: S102 - it was made here
    (built,) = (
        found
        for found in gc.get_objects()
        if isinstance(found, Pipeline) and found.source == program and found.name == "generated"
    )
    return built.to_manifest()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=programs())
def test_scenario_preserve_node_configuration(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The manifest of the program that was read equals that of the program that was run."""
    program = tmp_path_factory.mktemp("truth") / "pipeline.py"
    program.write_text(text, encoding="utf-8")
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert compile_file(program).manifest == _run(program, main)
