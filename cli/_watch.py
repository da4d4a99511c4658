"""`run --watch`: what nodes and edges do, while they do it."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, Self

from remotemedia.cli._console import say
from remotemedia.cli._observe import LogLevel, log_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.table import Table

__all__ = ["Watch"]

_SPAN: Final = 6  # reports that a rate is taken over: about a second
_LINE_EVERY_MS: Final = 2000  # without a terminal
_WIDE: Final = 110  # columns from which on everything is shown
_NAME: Final = 40  # columns of a name at most
_SHORT_NAME: Final = 26
_QUEUE: Final = 64  # packets; a longer bar is needed only where a queue was fuller
_BAR: Final = 8
_LEAST_ROWS: Final = 4
_OTHER_LINES: Final = 8  # of the screen: head lines, rules and the prompt


class Watch:
    """Shows figures on stderr: a table on a terminal, otherwise a line every few seconds; takes the events of a run."""

    def __init__(self, name: str, level: LogLevel) -> None:
        from remotemedia._picture import clean

        self.packets: IO[bytes] | None = None
        """Where the executor's packets go; None is this process's own output, which is not on the same terminal."""
        self._name = clean(name)
        self._level = level
        self._seen: deque[tuple[float, dict[str, Any]]] = deque(maxlen=_SPAN)
        self._told_ms = 0.0
        self._live: Live | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True, highlight=False, markup=False, emoji=False)
            self._live = Live(console=console, auto_refresh=False, transient=True)
            self._live.start()
            if sys.stdout.isatty():
                self._read_packets(console)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.packets is not None and self._reader is not None:
            self.packets.close()
            self._reader.join()
        if self._live is not None:
            self._live.stop()
        if self._seen:
            self._tell_last()

    def take(self, event: dict[str, Any]) -> None:
        """Take an event of the executor."""
        if "report" in event:
            self._seen.append((event["at_ms"], event["report"]))
            self._refresh()
        elif (line := log_line(event, self._level, color=False)) is not None:
            self._print(line)

    def _refresh(self) -> None:
        at_ms, _ = self._seen[-1]
        if self._live is not None:
            height = shutil.get_terminal_size().lines
            self._live.update(self._tables(self._live.console.width, height - _OTHER_LINES), refresh=True)
        elif at_ms - self._told_ms >= _LINE_EVERY_MS:
            self._told_ms = at_ms
            say(summary_line(self._seen))

    def _tell_last(self) -> None:
        """Leave the figures of the whole run."""
        whole = deque([self._seen[-1]])
        if self._live is None:
            say(summary_line(whole))
            return
        self._seen = whole
        self._live.console.print(self._tables(self._live.console.width, sys.maxsize))

    def _print(self, line: str) -> None:
        if self._live is None:
            say(line)
        else:
            self._live.console.print(line, soft_wrap=True)

    def _read_packets(self, console: Console) -> None:
        """Let packets appear above the table, where both are on one terminal."""
        reading, writing = os.pipe()
        self.packets = os.fdopen(writing, "wb", buffering=0)

        def show() -> None:
            with os.fdopen(reading, encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    console.print(line.rstrip("\n"), soft_wrap=True)

        self._reader = threading.Thread(target=show, name="packets", daemon=True)
        self._reader.start()

    def _tables(self, width: int, height: int) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        _, report = self._seen[-1]
        rows = max(height, 2 * _LEAST_ROWS)
        queues = [edge for edge in report["edges"] if not edge["fused"]]
        shown_queues = queues[: max(_LEAST_ROWS, rows - len(report["nodes"]) - 3)]
        shown_nodes = report["nodes"][: max(_LEAST_ROWS, rows - len(shown_queues) - 3)]
        parts: list[RenderableType] = [
            Text.assemble((self._name, "bold"), "  ", summary_line(self._seen)),
            _node_table(self._seen, shown_nodes, wide=width >= _WIDE),
        ]
        if shown_queues:
            parts.append(_queue_table(self._seen, shown_queues, wide=width >= _WIDE))
        left_out = len(report["nodes"]) - len(shown_nodes) + len(queues) - len(shown_queues)
        if left_out:
            parts.append(Text(f"{left_out} more do not fit", style="dim"))
        return Group(*parts)


Seen = deque[tuple[float, dict[str, Any]]]


def summary_line(seen: Seen) -> str:
    """Return the whole in a line: `12.0 s  in 1.20k/s  out 98/s  waiting 3  errors 0`."""
    from remotemedia.runtime.units import count, duration

    at_ms, report = seen[-1]
    nodes, edges = report["nodes"], report["edges"]
    fed = {edge["to"] for edge in edges}
    giving = {edge["from"] for edge in edges}
    came = sum(rate_of(seen, "nodes", at, "packets_in") for at, it in enumerate(nodes) if it["id"] not in fed)
    went = sum(rate_of(seen, "nodes", at, "packets_out") for at, it in enumerate(nodes) if it["id"] not in giving)
    parts = [duration(at_ms * 1e6), f"in {count(came)}/s", f"out {count(went)}/s"]
    parts.append(f"waiting {sum(edge.get('depth', 0) for edge in edges)}")
    parts.append(f"errors {sum(it.get('errors', 0) for it in nodes)}")
    return "  ".join(parts)


def rate_of(seen: Seen, table: str, row: int, field: str) -> float:
    """Return how much a count grew each second lately; of a single report since the start of the run."""
    (first_ms, first), (last_ms, last) = seen[0], seen[-1]
    grown, seconds = float(last[table][row].get(field, 0)), last["wall_ns"] / 1e9
    if len(seen) > 1:
        grown, seconds = grown - first[table][row].get(field, 0), (last_ms - first_ms) / 1e3
    return grown / seconds if seconds > 0 else 0.0


def _node_table(seen: Seen, nodes: list[Mapping[str, Any]], *, wide: bool) -> Table:
    from remotemedia._picture import clean
    from remotemedia.runtime.units import count, duration, share, size

    columns = ["in/s", "out/s", *(["packets", "bytes"] if wide else []), "busy"]
    columns += ["p50", *(["p95"] if wide else []), "p99", *(["max"] if wide else [])]
    columns += ["errors", *(["skipped", "restarts"] if wide else [])]
    table = _table("node", "runtime", columns, wide=wide)
    for row, node in enumerate(nodes):
        times = node["call_ns"]
        cells = {
            "in/s": count(rate_of(seen, "nodes", row, "packets_in")),
            "out/s": count(rate_of(seen, "nodes", row, "packets_out")),
            "packets": count(node["packets_in"] or node["packets_out"]),
            "bytes": size(node["bytes_out"]),
            "busy": share(rate_of(seen, "nodes", row, "busy_ns") / 1e9, 1),
            **{name: duration(times[name]) if times["timed"] else "-" for name in ("p50", "p95", "p99", "max")},
            **{name: count(node.get(name, 0)) for name in ("errors", "skipped", "restarts")},
        }
        troubled = any(node.get(name, 0) for name in ("errors", "skipped", "restarts"))
        table.add_row(
            clean(node["id"]), node["runtime"], *(cells[it] for it in columns), style="bold red" if troubled else None
        )
    return table


def _queue_table(seen: Seen, queues: list[Mapping[str, Any]], *, wide: bool) -> Table:
    from remotemedia._picture import clean
    from remotemedia.runtime.units import count, size

    columns = ["waiting", "most", "packets/s", *(["packets", "bytes"] if wide else []), "dropped"]
    table = _table("queue", "", columns, wide=wide)
    _, report = seen[-1]
    for edge in queues:
        row = report["edges"].index(edge)
        depth, most = edge.get("depth", 0), edge["high_water"]
        cells = {
            "waiting": count(depth),
            "most": count(most),
            "packets/s": count(rate_of(seen, "edges", row, "packets")),
            "packets": count(edge.get("packets", 0)),
            "bytes": size(edge.get("bytes", 0)),
            "dropped": count(edge.get("dropped", 0)),
        }
        name = f"{clean(edge['from'])} → {clean(edge['to'])}"
        table.add_row(name, queue_bar(depth, most), *(cells[it] for it in columns))
    return table


def queue_bar(depth: int, most: int) -> str:
    """Return how full a queue is: `███·····`, at least a mark where anything waits."""
    filled = -(-depth * _BAR // max(most, _QUEUE))
    return "█" * filled + "·" * (_BAR - filled)


def _table(first: str, second: str, columns: list[str], *, wide: bool) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, overflow="ellipsis", no_wrap=True, max_width=_NAME if wide else _SHORT_NAME)
    table.add_column(second, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table
