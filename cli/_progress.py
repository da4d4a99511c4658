"""How far a transfer is, drawn on a terminal: a line for each large blob that is on its way, and one for all."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from remotemedia.registry import Progress, ProgressEvent

_QUIET_S: Final = 0.5
_LARGE: Final = 1 << 20
"""Bytes from which on a blob has a line of its own."""
_MAX_LINES: Final = 8


@contextmanager
def transfer(verb: str) -> Iterator[Progress | None]:
    """A callback for the events of a transfer, from any thread; None where nobody looks.

    Nothing is drawn in the first half second: what is done by then needs no explanation.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    bars = Progress(*columns, console=Console(stderr=True), transient=True)
    try:
        yield Picture(bars, verb).take
    finally:
        bars.stop()


class Picture:
    """What is shown of many blobs at once."""

    def __init__(self, bars: Bars, verb: str) -> None:
        self._bars = bars
        self._verb = verb
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._total: TaskID | None = None
        self._lines: dict[str, TaskID] = {}
        self._done: dict[str, int] = {}
        self._sizes: dict[str, int] = {}

    def take(self, event: ProgressEvent) -> None:
        """Note an event; bytes count when they were on the wire, and what was here already does not."""
        with self._lock:
            if event.kind == "skip":
                self._done.pop(event.digest, None)
                self._sizes.pop(event.digest, None)
            else:
                self._done[event.digest], self._sizes[event.digest] = event.done, event.total
            self._draw_line(event)
            self._draw_total()
            if not self._bars.live.is_started and time.monotonic() - self._began > _QUIET_S:
                self._bars.start()

    def _draw_line(self, event: ProgressEvent) -> None:
        over = event.kind in {"finish", "skip"}
        line = self._lines.get(event.digest)
        if over and line is not None:
            self._bars.remove_task(self._lines.pop(event.digest))
        elif line is not None:
            self._bars.update(line, completed=event.done)
        elif not over and event.total >= _LARGE and len(self._lines) < _MAX_LINES:
            name = event.title or event.digest.removeprefix("sha256:")[:12]
            self._lines[event.digest] = self._bars.add_task(
                f"{self._verb} {name}", total=event.total, completed=event.done
            )

    def _draw_total(self) -> None:
        done, size = sum(self._done.values()), sum(self._sizes.values())
        files = f"{self._verb} {len(self._sizes)} file{'' if len(self._sizes) == 1 else 's'}"
        if self._total is None:
            self._total = self._bars.add_task(files, total=size)
        self._bars.update(self._total, description=files, completed=done, total=size)
