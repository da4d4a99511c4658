"""Every example: what the compiler reads equals what the program builds when it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia.compiler import compile_file
from remotemedia.runtime.trace import trace_file

_EXAMPLES = sorted(
    path
    for path in (Path(__file__).parents[2] / "examples").glob("*/pipeline.py")
    if not path.parent.name.startswith("native_")  # its program is compiled first: `test_native_gain.py`
)


def test_examples_are_there() -> None:
    names = {path.parent.name for path in _EXAMPLES}
    assert names >= {"existing_program", "loudness", "speech_segments", "voice_assistant"}


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda path: path.parent.name)
def test_compiled_equals_built(example: Path) -> None:
    built = trace_file(example, arguments=["recording.wav"]).manifest
    assert built["metadata"].pop("traced")
    assert compile_file(example).manifest == built
