"""Results of earlier compilations are used again exactly as long as they are right."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from remotemedia.compiler import _cache, compile_file
from remotemedia.compiler._watch import saw, watching
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from remotemedia.compiler import Program
    from remotemedia.compiler._notes import Stamp

_TEXT = """
import json
from pathlib import Path
import numpy as np
from remotemedia import Node, OnnxNode, Pipeline
from helper import RATE

class Keep(Node):
    def __init__(self, value, **kw): super().__init__(**kw)
    def process(self, value): return value

p = Pipeline("p")
p.add(OnnxNode("model.onnx")).add(Keep(json.loads(Path(__file__).with_name("settings.json").read_text())))
p.add(Keep(np.arange(3))).add(Keep(RATE))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pipeline.py").write_text(_TEXT)
    (root / "helper.py").write_text("RATE = 1\n")
    (root / "settings.json").write_text("[1]")
    (root / "model.onnx").write_bytes(b"model")
    return root


@pytest.fixture
def compile_cached(project: Path, tmp_path: Path) -> Callable[[], Program]:
    return lambda: compile_file(project / "pipeline.py", cache=tmp_path / "cache")


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes each compilation that is not answered from the cache."""
    kept: list[str] = []
    original = _cache.keep

    def keep(entry: Path, program: Program, paths: Mapping[str, Stamp]) -> None:
        kept.append(program.source.name)
        original(entry, program, paths)

    monkeypatch.setattr(_cache, "keep", keep)
    return kept


def test_the_same_again(compile_cached: Callable[[], Program], analysed: list[str]) -> None:
    first, second = compile_cached(), compile_cached()
    assert first == second
    assert [file.content for file in second.data] == [file.content for file in first.data]
    assert analysed == ["pipeline.py"]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)


_CHANGES: dict[str, Callable[[Path], object]] = {
    "the program": lambda root: (root / "pipeline.py").write_text(_TEXT + "p.add(Keep(2))\n"),
    "a module": lambda root: (root / "helper.py").write_text("RATE = 2\n"),
    "a module becomes a package": lambda root: _write(root / "helper" / "__init__.py", "RATE = 9"),
    "a file that is read": lambda root: (root / "settings.json").write_text("[2]"),
    "a model": lambda root: (root / "model.onnx").write_bytes(b"MODEL"),
    "a module in the place of an installed one": lambda root: (root / "json.py").write_text("x = 1"),
    "a lock file": lambda root: (root / "requirements.txt").write_text("numpy==0.1\n"),
}


@pytest.mark.parametrize("change", _CHANGES.values(), ids=_CHANGES)
def test_a_change_is_seen(
    project: Path, compile_cached: Callable[[], Program], analysed: list[str], change: Callable[[Path], object]
) -> None:
    before = compile_cached()
    change(project)
    try:
        after: Program | CompileError = compile_cached()
    except CompileError as error:
        after = error
    assert after != before
    fresh: Program | CompileError
    try:
        fresh = compile_file(project / "pipeline.py")
    except CompileError as error:
        fresh = error
    assert str(after) == str(fresh)


def test_touching_a_file_changes_nothing(
    project: Path, compile_cached: Callable[[], Program], analysed: list[str]
) -> None:
    compile_cached()
    for path in project.iterdir():
        os.utime(path, (1, 1))
    compile_cached()
    assert len(analysed) == 1


def test_another_pipeline_of_the_file(project: Path, tmp_path: Path) -> None:
    (project / "pipeline.py").write_text("from remotemedia import Pipeline\na, b = Pipeline('a'), Pipeline('b')\n")
    for name in "abab":
        program = compile_file(project / "pipeline.py", pipeline=name, cache=tmp_path / "cache")
        assert program.manifest["metadata"]["name"] == name


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"seen": [], "program": {}}'])
def test_a_damaged_entry_is_made_anew(
    tmp_path: Path, compile_cached: Callable[[], Program], analysed: list[str], damage: bytes
) -> None:
    first = compile_cached()
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_bytes(damage)
    assert compile_cached() == first
    assert len(analysed) == 2


def test_a_refusal_is_not_kept(project: Path, tmp_path: Path) -> None:
    (project / "helper.py").write_text("import sys\nRATE = sys.argv\n")
    for _ in range(2):
        with pytest.raises(CompileError):
            compile_file(project / "pipeline.py", cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_directory_that_cannot_be_written(project: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert compile_file(project / "pipeline.py", cache=tmp_path / "cache").manifest["metadata"]["name"] == "p"


def test_the_time_is_not_kept(compile_cached: Callable[[], Program], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert compile_cached().manifest["metadata"]["created_at"] == "1970-01-01T00:00:01Z"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert "created_at" not in compile_cached().manifest["metadata"]


def test_old_entries_go(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cache, "_MAX_ENTRIES", 3)
    for number in range(5):
        source = project / f"pipeline{number}.py"
        source.write_text("from remotemedia import Pipeline\np = Pipeline('p')\n")
        compile_file(source, cache=tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_a_hit_does_not_load_the_parser(project: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from remotemedia.compiler import compile_file; "
        f"compile_file(Path({str(project / 'pipeline.py')!r}), cache=Path({str(tmp_path / 'cache')!r})); "
        "sys.exit('libcst' in sys.modules)"
    )
    statuses = [subprocess.run([sys.executable, "-c", code], check=False).returncode for _ in range(2)]
    assert statuses == [1, 0]


_ROUNDS = "from remotemedia import Node, Pipeline\np = Pipeline('{}')\n"


def test_a_link_that_leads_elsewhere(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "pipeline.py").write_text(_ROUNDS.format(name))
    for name in "ab":
        for link, target in (("link.py", f"{name}/pipeline.py"), ("current", name)):
            (tmp_path / link).unlink(missing_ok=True)
            (tmp_path / link).symlink_to(target)
        for path in (tmp_path / "link.py", tmp_path / "current" / "pipeline.py"):
            program = compile_file(path, cache=tmp_path / "cache")
            assert program.manifest["metadata"]["name"] == name


def test_a_file_of_the_same_size_and_time(tmp_path: Path) -> None:
    source = tmp_path / "pipeline.py"
    for name in "ab":
        source.write_text(_ROUNDS.format(name))
        os.utime(source, (1, 1))
        assert compile_file(source, cache=tmp_path / "cache").manifest["metadata"]["name"] == name


def test_a_file_that_changes_while_it_is_compiled_is_not_kept(tmp_path: Path) -> None:
    source = tmp_path / "pipeline.py"
    source.write_text(_ROUNDS.format("a"))
    with watching() as paths:
        saw(source)
        program = compile_file(source)
        source.write_text(_ROUNDS.format("b"))
    _cache.keep(_cache.entry_of(tmp_path / "cache", source, None), program, paths)
    assert compile_file(source, cache=tmp_path / "cache").manifest["metadata"]["name"] == "b"


def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    directory = tmp_path / os.fsdecode(b"d\xff")
    directory.mkdir()
    (directory / "pipeline.py").write_text(_ROUNDS.format("a"))
    assert compile_file(directory / "pipeline.py", cache=tmp_path / "cache").manifest["metadata"]["name"] == "a"


def test_a_directory_that_becomes_a_package(tmp_path: Path) -> None:
    source = tmp_path / "pipeline.py"
    source.write_text("try:\n    import data\nexcept ImportError:\n    pass\n" + _ROUNDS.format("a"))
    (tmp_path / "data" / "inner").mkdir(parents=True)
    assert "data" in {it.name for it in compile_file(source, cache=tmp_path / "cache").imports}
    (tmp_path / "data" / "inner" / "module.py").write_text("x = 1\n")
    assert "data" not in {it.name for it in compile_file(source, cache=tmp_path / "cache").imports}
