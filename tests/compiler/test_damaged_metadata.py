"""Distributions whose metadata is damaged, and requirements that cannot be judged: findings, never a crash."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remotemedia.compiler import Program, compile_file
from remotemedia.errors import CompileError
from tests.compiler.conftest import Refuse

PROGRAM = """\
import zork
from remotemedia import Node, Pipeline


class It(Node):
    def process(self, value):
        return zork.x


p = Pipeline("it")
p.add(It())
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory on `sys.path` with a distribution `zork` 1."""
    site = tmp_path / "site"
    metadata = site / "zork-1.dist-info"
    metadata.mkdir(parents=True)
    (site / "zork.py").write_text("x = 1\n")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: zork\nVersion: 1\nLicense: MIT\n")
    (metadata / "RECORD").write_text("zork.py,,\nzork-1.dist-info/METADATA,,\nzork-1.dist-info/RECORD,,\n")
    monkeypatch.syspath_prepend(site)
    return site


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    path = tmp_path / "project" / "pipeline.py"
    path.write_text(PROGRAM)
    return path


def vendored(program: Program) -> set[str]:
    return {file.path for file in program.dependencies.vendored}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("METADATA", b"Name: zork\nVersion: 1\nLicense: MIT\nAuthor: \xff\n"),
        ("METADATA", b'Name: zork\nVersion: 1\nLicense: MIT\nRequires-Dist: six; os_name ~= "x"\nRequires-Dist: @@\n'),
        ("RECORD", b'zork.py,sha256=\xff!!,x\n"'),
        ("RECORD", b"zork.py,,\n" + b"a" * 200_000 + b",,\n"),
        ("RECORD", b"zork.py,,\nzork/../../../../../../../../etc/passwd,,\n"),
        ("direct_url.json", b'{"dir_info": null}'),
        ("direct_url.json", b"\xff"),
        ("direct_url.json", b"[" * 100_000),
    ],
)
def test_damaged_metadata(name: str, content: bytes, site: Path, source: Path) -> None:
    (site / "zork").mkdir()
    (site / "zork-1.dist-info" / name).write_bytes(content)
    (distribution,) = compile_file(source).dependencies.distributions
    assert (distribution.name, distribution.version, distribution.license) == ("zork", "1", "MIT")
    assert not any(".." in path for path in vendored(compile_file(source)))


def test_what_an_uninstallation_left_behind(site: Path, source: Path) -> None:
    (site / "left-1.dist-info").mkdir()
    source.write_text(PROGRAM.replace("zork", "zonk"))
    with pytest.raises(CompileError) as caught:
        compile_file(source)
    assert "`zork`" in str(caught.value.hint)


def test_an_installed_distribution_that_is_edited_is_compiled_anew(site: Path, source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert not compile_file(source, cache=cache).diagnostics
    (site / "zork.py").write_text("import ctypes\nx = 1\n")
    assert [it.code for it in compile_file(source, cache=cache).diagnostics] == ["RM111"]
    (site / "zork-1.dist-info" / "METADATA").write_text("Name: zork\nVersion: 2\n")
    assert compile_file(source, cache=cache).dependencies.distributions[0].version == "2"


def test_a_distribution_in_the_working_directory_is_seen_to_go(
    site: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.chdir(site)
    assert vendored(compile_file(source, cache=cache)) >= {"zork.py"}
    monkeypatch.setattr("sys.path", [entry for entry in __import__("sys").path if entry != str(site)])
    with pytest.raises(CompileError):
        compile_file(source, cache=cache)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "six; os_name ~= 'x'\n"),
        ("pylock.toml", "lock-version='1.0'\n[[packages]]\nname='six'\nversion='1'\nmarker=\"os_name ~= 'x'\"\n"),
        ("pyproject.toml", "[project]\ndependencies = [3]\n"),
        ("uv.lock", "version = 1\n[[package]\n"),
    ],
)
def test_requirements_that_cannot_be_judged(name: str, text: str, refused: Refuse, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    (found,) = refused(PROGRAM.replace("zork", "packaging"))
    assert found.code == "RM133"
    assert name in found.message
    assert found.help


def test_a_pipe_for_requirements_does_not_keep_us_waiting(refused: Refuse, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "requirements.txt")
    (found,) = refused(PROGRAM.replace("zork", "packaging"))
    assert (found.code, found.message) == ("RM133", "expected `requirements.txt` to be a file")
