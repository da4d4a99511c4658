"""What a run tells while it goes on, brought to where its user wants it: terminal, files, telemetry."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from remotemedia.cli._console import colored, say, warn
from remotemedia.errors import PipelineError, RemoteMediaError

if TYPE_CHECKING:
    from remotemedia.runtime.recording import Recording
    from remotemedia.runtime.resolve import ResolvedPackage
    from remotemedia.runtime.run import RunOptions
    from remotemedia.runtime.telemetry import Telemetry

__all__ = ["LogLevel", "Observed", "Wanted", "log_line", "observe"]

# How often the executor is asked, in milliseconds: as often as a person sees, as a drawing of a short run needs, and
# for a file only so that something is known of a run that is killed.
_WATCH_MS: Final = 200
_REPORT_MS: Final = 50
_KEPT_MS: Final = 1000

_YELLOW, _RED, _DIM, _PLAIN = "\033[33m", "\033[31m", "\033[2m", "\033[0m"


class LogLevel(StrEnum):
    """How grave a log line is; in order."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    def shows(self, level: str) -> bool:
        """Whether a line of this level is at least as grave."""
        order = list(LogLevel)
        return level not in order or order.index(LogLevel(level)) >= order.index(self)


@dataclass(frozen=True)
class Wanted:
    """What a user wants to see of a run.

    Attributes:
        metrics: a file that takes its figures as JSON.
        report: a file that takes its picture as HTML.
        watch: whether figures are shown while it goes on.
        level: the least grave log line that is shown.
    """

    metrics: Path | None = None
    report: Path | None = None
    watch: bool = False
    level: LogLevel = LogLevel.INFO

    def check(self) -> None:
        """Find out before a long run that its files could not be written after it.

        Raises:
            PipelineError: RM616.
        """
        for path in filter(None, (self.metrics, self.report)):
            if path.is_dir() or not path.absolute().parent.is_dir():
                raise PipelineError(f"expected `{path}` to be a file in a directory that is there", code="RM616")


class Observed:
    """The events of a run on their way to everyone who wants them."""

    def __init__(self, options: RunOptions) -> None:
        self.options = options
        self.stdout: IO[bytes] | None = None
        self._takers: list[Callable[[dict[str, Any]], None]] = []
        self._plan_takers: list[Callable[[dict[str, Any]], None]] = []

    def take(self, event: dict[str, Any]) -> None:
        """Take an event of the executor."""
        for taker in self._takers:
            taker(event)

    def take_plan(self, plan: dict[str, Any]) -> None:
        """Take what was decided about the run."""
        for taker in self._plan_takers:
            taker(plan)

    def tell(self, taker: Callable[[dict[str, Any]], None], *, every_ms: int | None = None) -> None:
        """Let somebody have the events, and where they want it, figures as often as this or more often."""
        self._takers.append(taker)
        if every_ms is not None:
            least = min(every_ms, self.options.metrics_interval_ms or every_ms)
            self.options = replace(self.options, metrics_interval_ms=least)

    def tell_plan(self, taker: Callable[[dict[str, Any]], None]) -> None:
        """Let somebody have the plan."""
        self._plan_takers.append(taker)


@contextmanager
def observe(
    package: ResolvedPackage, options: RunOptions, wanted: Wanted, *, verify_ms: float, environ: Mapping[str, str]
) -> Iterator[Observed]:
    """Observe the run that takes place meanwhile; files are written also of one that fails.

    Raises:
        PipelineError: RM616, a file cannot be written; RM706, RM707, telemetry cannot be sent as its variables ask.
    """
    wanted.check()
    observed = Observed(options)
    with ExitStack() as ends:
        if wanted.watch:
            from remotemedia.cli._watch import Watch

            screen = ends.enter_context(Watch(package.config["name"], wanted.level))
            observed.stdout = screen.packets
            observed.tell(screen.take, every_ms=_WATCH_MS)
        else:
            observed.tell(lambda event: _show(event, wanted.level))
        telemetry = _telemetry(environ)
        if telemetry is not None or wanted.metrics is not None or wanted.report is not None:
            from remotemedia.runtime.recording import Recording

            recording = Recording(package, verify_ms=verify_ms)
            ends.enter_context(_recorded(recording, observed, wanted, telemetry))
        yield observed


def _telemetry(environ: Mapping[str, str]) -> Telemetry | None:
    if not any(name.startswith("OTEL_") for name in environ):
        return None
    from remotemedia.runtime.telemetry import Telemetry

    return Telemetry.asked_for(environ, warn)


@contextmanager
def _recorded(recording: Recording, observed: Observed, wanted: Wanted, telemetry: Telemetry | None) -> Iterator[None]:
    """Record the run, for its files and its telemetry."""
    observed.tell(recording.take, every_ms=_KEPT_MS if wanted.report is None else _REPORT_MS)
    observed.tell_plan(recording.plan.update)
    observed.options = replace(observed.options, probe=wanted.report is not None)
    if telemetry is not None:
        telemetry.begin(recording)
        observed.tell(telemetry.take)
    try:
        yield
    except RemoteMediaError as error:
        recording.error = error
        try:
            _write(recording, wanted)
        except PipelineError as other:
            warn(other.message)  # the run's own failure is the one to tell
        raise
    else:
        _write(recording, wanted)
    finally:
        if telemetry is not None:
            telemetry.end()


def _write(recording: Recording, wanted: Wanted) -> None:
    if wanted.metrics is not None:
        recording.write_metrics(wanted.metrics)
    if wanted.report is not None:
        recording.write_report(wanted.report)


def _show(event: dict[str, Any], level: LogLevel) -> None:
    if (line := log_line(event, level, color=colored(sys.stderr))) is not None:
        say(line)


def log_line(event: Mapping[str, Any], level: LogLevel, *, color: bool) -> str | None:
    """Return what a person is told of an event: `[node] warning: message (file.py:12)`; None where there is nothing."""
    tint = {"warning": _YELLOW, "error": _RED, "debug": _DIM} if color else {}
    match event:
        case {"event": "log", "node": str(node), "level": str(grade), "message": str(message)} if level.shows(grade):
            place = f" ({event['file']}:{event['line']})" if "file" in event else ""
            return f"[{node}] {_tinted(grade, tint.get(grade))}: {message}{place}"
        case {"event": "failure_handled", "node": str(node), "action": str(action), "error": {"message": str(why)}}:
            done = "skipped a packet" if action == "skip" else "was made anew"
            return f"[{node}] {_tinted('warning', tint.get('warning'))}: {done}: {why}"
        case {"event": "set", "node": str(node), "param": str(name), "error": {"message": str(why)}}:
            return f"[{node}] {_tinted('warning', tint.get('warning'))}: `{name}` stays as it is: {why}"
        case {"event": "notice", "message": str(message)}:
            return message
    return None


def _tinted(word: str, tint: str | None) -> str:
    return word if tint is None else f"{tint}{word}{_PLAIN}"
