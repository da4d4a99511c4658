"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes depends on what else the machine does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REPOSITORY = Path(__file__).resolve().parent.parent

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home directory, in development mode and in no CI job, for this process and its children."""
    directory = tmp_path / "home"
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(directory))
    monkeypatch.setenv("REMOTEMEDIA_ENV", "development")
    monkeypatch.setenv("CI", "")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    return directory


@pytest.fixture
def remotemedia(home: Path) -> Command:
    """The installed command, run as a child process: `remotemedia("build", path, env={…})`."""

    def run(*words: object, env: Mapping[str, str] | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [str(Path(sysconfig.get_path("scripts")) / "remotemedia"), *map(str, words)]
        environ = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120", **(env or {})}
        return subprocess.run(
            command, env=environ, input=stdin, capture_output=True, text=True, check=False, timeout=120
        )

    return run
