"""What is there already is not made again, and what was copied ahead is what a build without that gives."""

from __future__ import annotations

import hashlib
import os
import time
from functools import partial
from pathlib import Path

import pytest

from remotemedia.compiler import LARGE, Digests, Program, compile_file, rest, stamp_of
from remotemedia.errors import PackageError
from remotemedia.packager import Archive, BuiltPackage, build, rehearse
from remotemedia.runtime._push import newest_package
from tests.packager.projects import Project, options

LARGE_MODEL = b"weights!" * (LARGE // 8)
SOURCE = """\
from remotemedia import OnnxNode, Pipeline

p = Pipeline("large")
p.add(OnnxNode("a.onnx")).add(OnnxNode("b.onnx", name="b"))
"""


def project(root: Path, first: bytes = LARGE_MODEL, second: bytes = LARGE_MODEL[::-1]) -> Path:
    root.mkdir()
    (root / "pipeline.py").write_text(SOURCE)
    for name, content in (("a.onnx", first), ("b.onnx", second)):
        (root / name).write_bytes(content)
        assert rest(root / name)
    return root / "pipeline.py"


def packed(source: Path, out: Path, cache: Path | None = None) -> tuple[BuiltPackage, list[Program]]:
    """Build as the command does; with the drafts that were made."""
    out.mkdir(exist_ok=True)
    drafts: list[Program] = []
    digests = Digests(cache)
    with Archive(out, digests) as archive:

        def draft(program: Program) -> None:
            drafts.append(program)
            rehearse(program, options(), archive)

        program = compile_file(source, cache=cache, digests=digests, draft=draft)
        return build(program, out, options(), archive=archive), drafts


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("second", [LARGE_MODEL[::-1], LARGE_MODEL, b"small"], ids=["other", "the same", "small"])
def test_a_rehearsal_changes_nothing(second: bytes, tmp_path: Path) -> None:
    """Two models of equal content are one blob, so that a rehearsal, which takes them for two, is wrong."""
    source = project(tmp_path / "project", second=second)
    rehearsed, drafts = packed(source, tmp_path / "out")
    plain = build(compile_file(source), tmp_path, options())
    assert drafts
    assert rehearsed.digest == plain.digest
    assert sha256(rehearsed.path) == sha256(plain.path)
    assert list((tmp_path / "out").iterdir()) == [rehearsed.path]


def test_a_model_that_changes_during_a_rehearsal_is_noticed(tmp_path: Path) -> None:
    source = project(tmp_path / "project")
    digests = Digests()
    with Archive(tmp_path, digests) as archive:
        program = compile_file(source, digests=digests, draft=partial(rehearse, options=options(), archive=archive))
        (tmp_path / "project" / "a.onnx").write_bytes(LARGE_MODEL[:-1] + b"?")
        with pytest.raises(PackageError) as caught:
            build(program, tmp_path, options(), archive=archive)
    assert caught.value.code == "RM308"
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_an_unchanged_package_is_not_written_again(tmp_path: Path) -> None:
    source, out, cache = project(tmp_path / "project"), tmp_path / "out", tmp_path / "cache"
    first, _ = packed(source, out, cache)
    stamp = stamp_of(first.path)
    again, drafts = packed(source, out, cache)
    assert again == first
    assert stamp_of(first.path) == stamp
    assert not drafts


@pytest.mark.parametrize("large", [True, False])
def test_a_damaged_package_is_written_again(large: bool, tmp_path: Path) -> None:
    content = LARGE_MODEL if large else b"weights"
    source, out, cache = project(tmp_path / "project", content, content[::-1]), tmp_path / "out", tmp_path / "cache"
    first, _ = packed(source, out, cache)
    before, size = sha256(first.path), first.path.stat().st_size
    with first.path.open("r+b") as file:
        file.seek(size - 11_000 if large else size // 2)
        file.write(b"damaged")
    assert packed(source, out, cache)[0] == first
    assert sha256(first.path) == before


def test_a_small_package_is_not_written_again(tmp_path: Path) -> None:
    project_ = Project(tmp_path / "project", models={"vad.onnx": b"weights"}).write()
    first = project_.build(tmp_path / "out")
    stamp = stamp_of(first.path)
    assert project_.build(tmp_path / "out") == first
    assert stamp_of(first.path) == stamp


@pytest.mark.parametrize("large", [True, False])
def test_the_package_that_was_built_last_is_the_newest(large: bool, tmp_path: Path) -> None:
    content = LARGE_MODEL if large else b"weights"
    source, out, cache = project(tmp_path / "project", content, content[::-1]), tmp_path / "out", tmp_path / "cache"
    first, _ = packed(source, out, cache)
    inode = first.path.stat().st_ino
    time.sleep(0.01)
    source.write_text(SOURCE + "# changed\n")
    second, _ = packed(source, out, cache)
    assert newest_package(out) == second.path != first.path
    time.sleep(0.01)
    source.write_text(SOURCE)
    os.utime(source)
    assert packed(source, out, cache)[0] == first
    assert newest_package(out) == first.path
    assert first.path.stat().st_ino == inode
    stamp = stamp_of(first.path)
    packed(source, out, cache)
    assert stamp_of(first.path) == stamp
