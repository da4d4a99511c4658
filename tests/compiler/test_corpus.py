"""Every program of `testdata/compiler`: what the compiler says of it, and what the program says when it runs."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from remotemedia import _native

if TYPE_CHECKING:
    from types import ModuleType

_CORPUS = Path(__file__).parents[2] / "testdata" / "compiler"
_RUN = Path(__file__).with_name("run_program.py")


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("regenerate_compiler_corpus", _CORPUS / "regenerate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_GENERATOR = _generator()
_PROGRAMS: list[Path] = _GENERATOR.programs()
_VALID = [program for program in _PROGRAMS if (_GENERATOR.case_of(program) / "expected.json").is_file()]


def _name(program: Path) -> str:
    return program.relative_to(_CORPUS).parts[0]


def test_corpus_is_there() -> None:
    assert len(_VALID) >= 60
    assert len(_PROGRAMS) - len(_VALID) >= 30


@pytest.mark.parametrize("program", _PROGRAMS, ids=_name)
def test_output(program: Path) -> None:
    name, text = _GENERATOR.observe(program)
    assert text == (_GENERATOR.case_of(program) / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("program", _VALID, ids=_name)
def test_scenario_serialize_pipeline_to_json(program: Path) -> None:
    """The manifest of the program that was read equals that of the program that was run."""
    expected = json.loads((_GENERATOR.case_of(program) / "expected.json").read_text(encoding="utf-8"))
    environ = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [sys.executable, str(_RUN), str(_GENERATOR.case_of(program)), str(program)],
        capture_output=True,
        check=False,
        env=environ,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    manifest = ran.stdout.splitlines()[-1]
    assert manifest == json.dumps(expected["manifest"])  # the order of keys as well


@pytest.mark.parametrize("program", _VALID, ids=_name)
def test_verdict(program: Path) -> None:
    """What the compiler states the engine accepts."""
    expected = json.loads((_GENERATOR.case_of(program) / "expected.json").read_text(encoding="utf-8"))
    _native.validate_manifest(json.dumps(expected["manifest"]).encode())
