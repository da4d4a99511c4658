"""How far a transfer is, drawn on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remotemedia.registry import Progress, ProgressEvent

_QUIET_S = 0.5


@contextmanager
def transfer(verb: str) -> Iterator[Progress | None]:
    """A callback that draws one line for each blob; None where nobody looks.

    Nothing is drawn in the first half second: what is done by then needs no explanation.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bars = Progress(*columns, console=Console(stderr=True), transient=True)
    tasks: dict[str, TaskID] = {}
    started = time.monotonic()

    def draw(event: ProgressEvent) -> None:
        if event.digest not in tasks:
            name = event.title or event.digest.removeprefix("sha256:")[:12]
            tasks[event.digest] = bars.add_task(f"{verb} {name}", total=event.total)
        bars.update(tasks[event.digest], completed=event.total if event.kind == "skip" else event.done)
        if not bars.live.is_started and time.monotonic() - started > _QUIET_S:
            bars.start()

    try:
        yield draw
    finally:
        bars.stop()
