"""A large file is read once for as long as it stays what it is."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from remotemedia.compiler import LARGE, Digests, Program, compile_file, stamp_of
from remotemedia.compiler._notes import TICK

CONTENT = b"weights!" * (LARGE // 8)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MADE_UP = "f" * 64


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file that was written long ago, as clocks go."""
    path = tmp_path / "model.onnx"
    path.write_bytes(CONTENT)
    time.sleep(2 * TICK / 1e9)
    return path


def noted(directory: Path, path: Path) -> Digests:
    """Digests that say something wrong of a file, so that it shows whether it is read."""
    Digests(directory).notes.keep(path, "digest", stamp_of(path), MADE_UP)
    return Digests(directory)


def test_what_is_noted_of_a_file_is_believed(model: Path, tmp_path: Path) -> None:
    assert Digests(tmp_path / "cache").of(model) == SHA256
    assert Digests(tmp_path / "cache").known(model) == SHA256
    assert noted(tmp_path / "cache", model).of(model) == MADE_UP


@pytest.mark.parametrize("change", ["touched", "longer", "written", "replaced"])
def test_a_file_that_was_touched_is_read_again(change: str, model: Path, tmp_path: Path) -> None:
    digests, before = noted(tmp_path / "cache", model), stamp_of(model)
    match change:
        case "touched":
            os.utime(model)
        case "longer":
            with model.open("ab") as file:
                file.write(b"!")
        case "written":  # in the middle, and its time set back: the time of the change cannot be
            with model.open("r+b") as file:
                file.write(b"W")
            os.utime(model, ns=(before[1], before[1]))
        case _:
            other = tmp_path / "other"
            other.write_bytes(CONTENT)
            other.replace(model)
    assert digests.of(model) == hashlib.sha256(model.read_bytes()).hexdigest()


def test_a_file_that_was_just_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(CONTENT)
    digests = Digests(tmp_path / "cache")
    assert digests.of(path) == SHA256
    assert digests.known(path) is None, "a further change within the same tick would not be seen"


def test_small_files_are_always_read(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(b"x")
    time.sleep(2 * TICK / 1e9)
    assert noted(tmp_path / "cache", path).of(path) == hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1, 2]", b'["x", 3]', b"\xff"])
def test_a_damaged_note_is_none(damage: bytes, model: Path, tmp_path: Path) -> None:
    noted(tmp_path / "cache", model)
    (note,) = (tmp_path / "cache").iterdir()
    note.write_bytes(damage)
    assert Digests(tmp_path / "cache").of(model) == SHA256


def test_without_a_directory_nothing_is_kept(model: Path) -> None:
    digests = Digests()
    assert digests.of(model) == SHA256
    assert digests.known(model) == SHA256
    assert Digests().known(model) is None


def test_a_program_is_drafted_while_its_model_is_read(model: Path, tmp_path: Path) -> None:
    source = tmp_path / "pipeline.py"
    source.write_text("from remotemedia import OnnxNode, Pipeline\np = Pipeline('p').add(OnnxNode('model.onnx'))\n")
    drafts: list[Program] = []
    for _ in range(2):
        program = compile_file(source, cache=tmp_path / "cache", draft=drafts.append)
        assert [(file.sha256, file.size) for file in program.files] == [(SHA256, LARGE)]
    (draft,) = drafts  # the second time there was nothing to find out
    assert draft.manifest == program.manifest
    assert len(draft.files[0].sha256) == len(SHA256)
    assert draft.files[0].sha256 != SHA256


def test_a_draft_that_is_refused_waits_for_nothing(tmp_path: Path) -> None:
    with (tmp_path / "model.onnx").open("wb") as file:
        file.truncate(64 << 30)  # of zeros that nothing stores: hashing them takes a minute
    source = tmp_path / "pipeline.py"
    source.write_text("from remotemedia import OnnxNode, Pipeline\np = Pipeline('p').add(OnnxNode('model.onnx'))\n")

    def refuse(program: Program) -> None:
        raise LookupError(program.source.name)

    with pytest.raises(LookupError):
        compile_file(source, draft=refuse)


def test_a_program_that_was_kept_has_the_model_of_now(model: Path, tmp_path: Path) -> None:
    source = tmp_path / "pipeline.py"
    source.write_text("from remotemedia import OnnxNode, Pipeline\np = Pipeline('p').add(OnnxNode('model.onnx'))\n")
    compile_file(source, cache=tmp_path / "cache")
    model.write_bytes(CONTENT[::-1])
    (file,) = compile_file(source, cache=tmp_path / "cache").files
    assert file.sha256 == hashlib.sha256(CONTENT[::-1]).hexdigest()
