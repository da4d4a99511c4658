"""Every example: what the compiler reads equals what the program builds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from remotemedia.compiler import compile_file

_REPOSITORY = Path(__file__).parents[2]
_EXAMPLES = sorted((_REPOSITORY / "examples").glob("*/pipeline.py"))
_RUN = _REPOSITORY / "tests" / "compiler" / "run_program.py"


def test_examples_are_there() -> None:
    assert {path.parent.name for path in _EXAMPLES} >= {
        "existing_program",
        "loudness",
        "speech_segments",
        "voice_assistant",
    }


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda path: path.parent.name)
def test_compiled_equals_built(example: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(_RUN), str(example.parent), str(example)],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1]) == compile_file(example).manifest
