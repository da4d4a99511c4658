"""The installer of the programs that these tests need."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.full.tools import INSTALLER, Tools

pytestmark = pytest.mark.full


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(INSTALLER), *arguments]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def test_installing_again_changes_nothing(tools: Tools) -> None:
    before = Path(tools.path("oras")).stat()
    done = run("oras", "regctl")
    assert done.returncode == 0, done.stderr
    assert Path(tools.path("oras")).stat() == before


def test_what_is_missing_is_null(tmp_path: Path) -> None:
    listed = json.loads(run("--paths", "oras", XDG_CACHE_HOME=str(tmp_path)).stdout)
    assert listed == {"oras": None}
    assert list(tmp_path.iterdir()) == []


def test_without_go_the_message_says_so(tmp_path: Path) -> None:
    done = run("oras", XDG_CACHE_HOME=str(tmp_path), PATH=str(tmp_path))
    assert done.returncode == 1
    assert "`go` is not on PATH" in done.stderr


def test_without_node_the_message_says_so(tmp_path: Path) -> None:
    done = run("npm-verify", XDG_CACHE_HOME=str(tmp_path), PATH=str(tmp_path))
    assert done.returncode == 1
    assert "install `node` 20.17 or newer" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_refused() -> None:
    done = run("no-such-tool")
    assert done.returncode == 2
    assert "no-such-tool" in done.stderr
