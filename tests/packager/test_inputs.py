"""A file that changes between compiling and packing is noticed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from remotemedia.errors import PackageError
from remotemedia.packager import build
from tests.packager.projects import Project, options

CONTENT = b"weights" * 500_000


def to_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": lambda path: path.write_bytes(CONTENT + b"!"),
    "shorter": lambda path: path.write_bytes(CONTENT[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "other": lambda path: path.write_bytes(CONTENT[:-1] + b"!"),
    "gone": lambda path: path.unlink(),
    "directory": to_directory,
}


@pytest.mark.parametrize("name", ["vad.onnx", "speech.wav"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_input_stops_the_build(tmp_path: Path, name: str, change: str) -> None:
    project = Project(tmp_path / "project", models={"vad.onnx": CONTENT}, files={"speech.wav": CONTENT + b"."}).write()
    program = project.program()
    CHANGES[change](project.root / name)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(PackageError) as caught:
        build(program, out, options(None))
    assert caught.value.code == "RM308"
    assert name in str(caught.value)
    assert caught.value.hint
    assert list(out.iterdir()) == []


def test_sources_are_packed_as_they_were_compiled(tmp_path: Path) -> None:
    project = Project(tmp_path / "project").write()
    program = project.program()
    before = build(program, tmp_path, options(None))
    (project.root / "pipeline.py").write_text("changed")
    assert build(program, tmp_path, options(None)).digest == before.digest


def test_a_missing_input_is_noticed_where_its_time_is_asked(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", models={"vad.onnx": CONTENT}).write()
    program = project.program()
    (project.root / "vad.onnx").unlink()
    with pytest.raises(PackageError) as caught:
        build(program, tmp_path, options(None, {"PATH": ""}))
    assert caught.value.code == "RM308"
