"""Files, directories and terminals that are not what is usual: an answer each time, with a code, and no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import DOUBLE, Build
from tests.conftest import Command

WRONG = "import nöthere\n" + DOUBLE


def test_files_that_are_none(remotemedia: Command, tmp_path: Path) -> None:
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "directory.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    for name in ("loop.py", "directory.py", "pipe.py", "missing.py", "a" * 300 + ".py"):
        done = remotemedia("compile", tmp_path / name)
        assert done.returncode == 1
        assert done.stderr.startswith("error[RM101]: expected a file at")


def test_a_file_whose_name_is_no_module(remotemedia: Command, tmp_path: Path) -> None:
    (tmp_path / "my-pipeline.py").write_text(DOUBLE)
    done = remotemedia("compile", tmp_path / "my-pipeline.py")
    assert "error[RM104]: expected a module that can be imported, but `my-pipeline` is not" in done.stderr
    assert "help: rename the file or directory" in done.stderr


@pytest.mark.parametrize("output_format", ["text", "json", "sarif", "github"])
def test_findings_in_a_directory_whose_name_is_not_unicode(
    output_format: str, remotemedia: Command, tmp_path: Path
) -> None:
    directory = tmp_path / os.fsdecode(b"d\xff")
    directory.mkdir()
    (directory / "pipeline.py").write_text(WRONG)
    done = remotemedia("check", directory, "--format", output_format, env={"PYTHONUTF8": "1"})
    assert (done.returncode, done.stderr) == (1, "1 file checked: 1 error\n")
    assert "RM130" in done.stdout
    if output_format in {"json", "sarif"}:
        json.loads(done.stdout)


@pytest.mark.parametrize("output_format", ["text", "json", "sarif", "github"])
def test_a_terminal_that_cannot_show_all_characters(output_format: str, remotemedia: Command, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(WRONG)
    done = remotemedia("check", tmp_path, "--format", output_format, env={"PYTHONIOENCODING": "ascii:strict"})
    assert (done.returncode, done.stderr) == (1, "1 file checked: 1 error\n")
    assert r"n\u00f6there" in done.stdout
    if output_format in {"json", "sarif"}:
        assert "nöthere" in str(json.loads(done.stdout))


def test_a_package_in_a_place_that_is_no_directory(remotemedia: Command, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(DOUBLE)
    (tmp_path / "out").write_text("a file")
    done = remotemedia("build", tmp_path / "pipeline.py", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "\nerror[RM307]: " in done.stderr
    assert "--output" in done.stderr


def test_nobody_listens(tmp_path: Path, home: Path) -> None:
    (tmp_path / "pipeline.py").write_text(WRONG)
    command = f"exec {sys.executable} -m remotemedia.cli check {tmp_path} >&- 2>&-"
    done = subprocess.run(["/bin/sh", "-c", command], check=False, env={**os.environ, "REMOTEMEDIA_HOME": str(home)})
    assert done.returncode == 1


def test_a_working_directory_that_was_removed(tmp_path: Path, home: Path) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "pipeline.py").write_text(DOUBLE)
    command = f"rmdir ../gone; exec {sys.executable} -P -m remotemedia.cli check {tmp_path}"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path / "gone",
        env={**os.environ, "REMOTEMEDIA_HOME": str(home)},
    )
    assert done.returncode == 2
    assert "error[RM701]: expected a working directory, but it was removed" in done.stderr


def test_compiled_programs_are_counted_and_cleared(build: Build, remotemedia: Command) -> None:
    build()
    before = json.loads(remotemedia("cache", "info", "--json").stdout)
    assert before["programs"] >= 1
    assert before["size"] > 0
    assert json.loads(remotemedia("cache", "list", "--json").stdout)["programs"] == before["programs"]
    assert json.loads(remotemedia("cache", "clear", "--json").stdout)["freed"] == before["size"]
    after = json.loads(remotemedia("cache", "info", "--json").stdout)
    assert (after["programs"], after["size"]) == (0, 0)


def test_a_model_that_changes_between_two_builds(remotemedia: Command, tmp_path: Path) -> None:
    source = tmp_path / "pipeline.py"
    text = DOUBLE.replace("Double(factor=3)", 'Double(factor=Path("weights.bin"))')
    source.write_text("from pathlib import Path\n" + text)
    digests = []
    for content in (b"one", b"two", b"one"):
        (tmp_path / "weights.bin").write_bytes(content)
        os.utime(tmp_path / "weights.bin", (1, 1))
        done = remotemedia("build", source, "-o", tmp_path / "out", "--json", env={"SOURCE_DATE_EPOCH": "1"})
        assert done.returncode == 0, done.stderr
        digests.append(json.loads(done.stdout)["digest"])
    assert digests[0] == digests[2] != digests[1]
