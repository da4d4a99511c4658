"""What all comparisons share: sides as warm processes of their own, measured in turn, medians of neighbours' ratios.

A side is a program that does one round for each line it reads and answers with a JSON line `[seconds, result]`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """Medians of one comparison.

    Attributes:
        seconds: of a round, by the side's name.
        ratios: how many times longer a side took than the first, round by round, the median of it.
    """

    seconds: Mapping[str, float]
    ratios: Mapping[str, float]


@contextmanager
def side(*command: object) -> Iterator[subprocess.Popen[str]]:
    """A warm process of one side."""
    child = subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        once(child)
        yield child
    finally:
        child.communicate()


def python(*command: object) -> tuple[object, ...]:
    """The command of a side that is a Python program."""
    return (sys.executable, *command)


def once(child: subprocess.Popen[str]) -> tuple[float, Any]:
    """One round: seconds and what came of it."""
    if child.stdin is None or child.stdout is None:
        raise SystemExit("expected pipes")
    child.stdin.write("\n")
    child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        raise SystemExit(f"expected a round, the side ended with status {child.wait()}")
    seconds, result = json.loads(line)
    return seconds, result


def compare(
    sides: Mapping[str, Sequence[object]], rounds: int, alike: Callable[[Any, Any], None] = lambda _a, _b: None
) -> Comparison:
    """Measure sides in turn; `alike` is given the first side's result and each other's, and raises if they differ."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    with ExitStack() as stack:
        children = {name: stack.enter_context(side(*command)) for name, command in sides.items()}
        for _ in range(rounds):
            results = []
            for name, child in children.items():
                seconds, result = once(child)
                times[name].append(seconds)
                results.append(result)
            for other in results[1:]:
                alike(results[0], other)
    first = times[next(iter(times))]
    return Comparison(
        {name: statistics.median(all_) for name, all_ in times.items()},
        {name: statistics.median(b / a for a, b in zip(first, all_, strict=True)) for name, all_ in times.items()},
    )


def serve(round_: Callable[[], Any]) -> None:
    """Be a side: a round for each line that comes in."""
    for _ in sys.stdin:
        started = time.perf_counter()
        result = round_()
        print(json.dumps([time.perf_counter() - started, result]), flush=True)
