"""The picture of a transfer: what it counts, and that nobody sees it who does not look."""

from __future__ import annotations

import io
import logging
import os
import pty
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Literal

import pytest
from rich.console import Console
from rich.progress import Progress

from remotemedia.cli._console import show_log
from remotemedia.cli._progress import Picture, transfer
from remotemedia.registry import ProgressEvent

MIB = 1 << 20


@pytest.fixture
def bars() -> Progress:
    return Progress(console=Console(file=io.StringIO(), force_terminal=True))


def event(
    kind: Literal["start", "advance", "finish", "skip"], name: str, done: int, total: int = 10 * MIB
) -> ProgressEvent:
    return ProgressEvent(kind, f"sha256:{name * 64}", f"models/{name}", done, total)


def shown(bars: Progress) -> dict[str, tuple[float, float | None]]:
    return {task.description: (task.completed, task.total) for task in bars.tasks}


def test_large_blobs_have_lines_and_all_have_one_together(bars: Progress) -> None:
    picture = Picture(bars, "pulling")
    picture.take(event("start", "a", 0))
    picture.take(event("start", "b", 4 * MIB))  # goes on where an earlier attempt ended
    picture.take(event("finish", "c", 500, 500))
    picture.take(event("advance", "a", MIB))
    assert shown(bars) == {
        "pulling models/a": (MIB, 10 * MIB),
        "pulling models/b": (4 * MIB, 10 * MIB),
        "pulling 3 files": (5 * MIB + 500, 20 * MIB + 500),
    }
    picture.take(event("advance", "a", 0))  # it is sent again
    assert shown(bars)["pulling 3 files"] == (4 * MIB + 500, 20 * MIB + 500)
    picture.take(event("finish", "a", 10 * MIB))
    assert "pulling models/a" not in shown(bars)
    assert shown(bars)["pulling 3 files"] == (14 * MIB + 500, 20 * MIB + 500)


def test_what_was_here_already_is_not_counted(bars: Progress) -> None:
    picture = Picture(bars, "pushing")
    picture.take(event("skip", "a", 10 * MIB))
    picture.take(event("finish", "b", 5, 5))
    assert shown(bars) == {"pushing 1 file": (5, 5)}


def test_many_large_blobs_do_not_fill_the_screen(bars: Progress) -> None:
    picture = Picture(bars, "pulling")
    for letter in "0123456789abcdef":
        picture.take(event("start", letter, 0))
    assert len(shown(bars)) == 9


def test_events_come_from_several_threads(bars: Progress) -> None:
    picture = Picture(bars, "pulling")

    def run(letter: str) -> None:
        for done in range(0, 10 * MIB + 1, MIB):
            picture.take(event("advance", letter, done))

    threads = [threading.Thread(target=run, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shown(bars)["pulling 4 files"] == (40 * MIB, 40 * MIB)


def test_without_a_terminal_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with transfer("pulling") as progress:
        assert progress is None
    assert capsys.readouterr().err == ""


def test_what_several_connections_say_at_once_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    show_log()
    log = logging.getLogger("remotemedia.registry")
    threads = [threading.Thread(target=log.warning, args=("the connection was lost; again in 1 s",)) for _ in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert capsys.readouterr().err.count("again in 1 s") == 1
    log.warning("it is damaged")
    log.warning("it is damaged")
    assert capsys.readouterr().err.count("it is damaged") == 2


def test_a_quick_transfer_draws_nothing(bars: Progress) -> None:
    Picture(bars, "pulling").take(event("start", "a", 0))
    assert not bars.live.is_started


def test_on_a_terminal_it_is_drawn() -> None:
    """A real one: what a transfer of a second shows there, and that it is gone at the end."""
    program = (
        "import time\n"
        "from remotemedia.cli._progress import transfer\n"
        "from remotemedia.registry import ProgressEvent\n"
        "with transfer('pulling') as progress:\n"
        "    for done in (1, 2, 3):\n"
        "        progress(ProgressEvent('advance', 'sha256:' + 'a' * 64, 'models/vad.onnx', done << 20, 4 << 20))\n"
        "        time.sleep(0.3)\n"
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", program], stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    drawn = b""
    with suppress(OSError):  # how Linux tells that the other side has closed
        while piece := os.read(ours, 4096):
            drawn += piece
    os.close(ours)
    assert process.wait(10) == 0
    assert b"pulling models/vad.onnx" in drawn
    assert b"pulling 1 file" in drawn
