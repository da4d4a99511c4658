"""Every program of the tutorial is written to a file, and every command is run there and prints what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from remotemedia.trust import DEFAULT_NAME, KeyStore

_PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorial").glob("[0-9]-*.md"))
_FENCE = re.compile(r"^```(python|console)[ ]?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_there_are_pages() -> None:
    assert len(_PAGES) >= 7


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_page(page: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    if page != _PAGES[0]:  # where a reader's first build has made it
        KeyStore(tmp_path / "home").generate(DEFAULT_NAME)
    environ = os.environ | {
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
        "REMOTEMEDIA_HOME": str(tmp_path / "home"),
        "REMOTEMEDIA_ENV": "development",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for kind, name, text in _FENCE.findall(page.read_text(encoding="utf-8")):
        if kind == "python":
            (work / name).write_text(text, encoding="utf-8")
            continue
        for command, expected in _commands(text):
            done = subprocess.run(
                ["/bin/sh", "-c", command], cwd=work, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, timeout=120, check=False,
            )  # fmt: skip
            assert _pattern(expected).fullmatch(done.stdout.strip()), f"$ {command}\n{done.stdout}"


def _commands(block: str) -> list[tuple[str, str]]:
    """Return each command of a console block, and what it prints."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, output.strip()) for command, _, output in (part.partition("\n") for part in parts)]


def _pattern(expected: str) -> re.Pattern[str]:
    """Return what output has to look like: `…` stands for anything, on a line of its own also for lines."""
    text = re.escape(expected).replace("^…$", "…")
    text = re.sub(r"(?m)^…$", r"(?s:.*?)", text)
    return re.compile(text.replace("…", r"[^\n]*?"))
