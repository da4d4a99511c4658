"""What `run --watch` and log lines show of a run's events."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from remotemedia.cli._observe import LogLevel, log_line
from remotemedia.cli._watch import queue_bar, rate_of, summary_line
from tests.runtime.recordings import log, report


def test_rates_are_of_the_last_second_and_of_the_whole_where_there_is_one_report() -> None:
    seen = deque([(0.0, report(0)), (100.0, report(1000)), (200.0, report(1500))])
    assert rate_of(seen, "nodes", 0, "packets_in") == pytest.approx(7500)
    assert rate_of(deque([(200.0, report(1500))]), "edges", 0, "packets") == pytest.approx(10_000)
    assert rate_of(deque([(0.0, report(0))]), "nodes", 0, "packets_in") == 0


def test_the_whole_is_in_a_line() -> None:
    line = summary_line(deque([(150.0, report(1500))]))
    assert line == "150 ms  in 10k/s  out 10k/s  waiting 3  errors 0"


@pytest.mark.parametrize(
    ("depth", "most", "bar"), [(0, 0, "········"), (1, 64, "█·······"), (64, 64, "████████"), (64, 128, "████····")]
)
def test_a_queue_is_a_bar(depth: int, most: int, bar: str) -> None:
    assert queue_bar(depth, most) == bar


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (log(1, "x", file="a.py", line=3), "[Check] warning: x (a.py:3)"),
        (log(1, "x", level="info"), "[Check] info: x"),
        (log(1, "x", level="debug"), None),
        ({"event": "notice", "at_ms": 1, "message": "compiling"}, "compiling"),
        (
            {"event": "failure_handled", "at_ms": 1, "node": "a", "action": "skip", "error": {"message": "y"}},
            "[a] warning: skipped a packet: y",
        ),
        (
            {"event": "failure_handled", "at_ms": 1, "node": "a", "action": "restart", "error": {"message": "y"}},
            "[a] warning: was made anew: y",
        ),
        (
            {"event": "set", "at_ms": 1, "node": "a", "param": "p", "ok": False, "error": {"message": "y"}},
            "[a] warning: `p` stays as it is: y",
        ),
        ({"event": "set", "at_ms": 1, "node": "a", "param": "p", "ok": True}, None),
        ({"event": "stage", "at_ms": 1, "name": "open"}, None),
    ],
)
def test_events_become_lines(event: dict[str, Any], line: str | None) -> None:
    assert log_line(event, LogLevel.INFO, color=False) == line


def test_levels_have_colours_where_they_are_wanted() -> None:
    assert log_line(log(1, "x"), LogLevel.DEBUG, color=True) == "[Check] \033[33mwarning\033[0m: x"
