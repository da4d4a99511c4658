"""What a person or a program sees: reports on stdout, talk on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from remotemedia.compiler import Diagnostic
    from remotemedia.errors import RemoteMediaError

_AT_ONCE_S: Final = 1.0
_RED, _YELLOW, _BOLD, _PLAIN = "\033[1;31m", "\033[1;33m", "\033[1m", "\033[0m"


def report(fields: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a command's result: as one JSON object, or as text for people."""
    sys.stdout.write(json.dumps(fields, indent=2, ensure_ascii=False) if as_json else text)
    sys.stdout.write("\n")


def say(message: str) -> None:
    """Tell a person something that is not a result."""
    sys.stderr.write(f"{message}\n")


def warn(message: str) -> None:
    """Tell a person of something that may go wrong later."""
    yellow, plain = (_YELLOW, _PLAIN) if colored(sys.stderr) else ("", "")
    sys.stderr.write(f"{yellow}warning{plain}: {message}\n")


def show_log() -> None:
    """Let what the libraries log be told, warnings like any other; what several threads say at once, once."""
    import logging
    import threading

    class Talk(logging.Handler):
        last: tuple[str, float] = "", 0.0

        def emit(self, record: logging.LogRecord) -> None:
            text, moment = self.last
            self.last = record.getMessage(), record.created
            is_alone = record.thread == threading.main_thread().ident
            if is_alone or text != self.last[0] or record.created - moment > _AT_ONCE_S:
                (warn if record.levelno >= logging.WARNING else say)(self.last[0])

    logger = logging.getLogger("remotemedia")
    if not logger.handlers:
        logger.addHandler(Talk(logging.INFO))
        logger.setLevel(logging.INFO)


def show_error(error: RemoteMediaError, *, as_json: bool) -> int:
    """Print a failure, the way a compiler does, and give its exit status."""
    from remotemedia.schemas.tables import error_entry

    if as_json:
        shown = {"code": error.code, "message": error.message, "hint": error.hint, **_plain(error)}
        sys.stderr.write(json.dumps({"error": shown}, ensure_ascii=False, default=str) + "\n")
    elif diagnostics := _diagnostics(error):
        from remotemedia.compiler import render

        sys.stderr.write(render(diagnostics, color=colored(sys.stderr)))
    else:
        sys.stderr.write(_rendered(error, color=colored(sys.stderr)))
    entry = error_entry(error.code)
    return entry.exit if entry is not None else 1


def _rendered(error: RemoteMediaError, *, color: bool) -> str:
    red, bold, end = (_RED, _BOLD, _PLAIN) if color else ("", "", "")
    lines = [f"{red}error[{error.code}]{end}{bold}: {error.message}{end}"]
    if seen := error.details.get("input"):
        lines.append(f"  = input: {seen}")
    causes = error.details.get("causes")
    for cause in causes if isinstance(causes, list) else []:
        lines.append(f"  = cause: {cause['kind']}: {cause['message']}")
        lines += [f"    {line}" for line in (cause.get("trace") or "").splitlines()]
    lines += [f"  = help: {advice}" for advice in (error.hint or "").splitlines()]
    return "\n".join(lines) + "\n"


def _plain(error: RemoteMediaError) -> dict[str, object]:
    """Details as JSON takes them: diagnostics become objects."""
    diagnostics = _diagnostics(error)
    if not diagnostics:
        return dict(error.details)
    from remotemedia.compiler import to_json

    return {**error.details, "diagnostics": to_json(diagnostics)}


def _diagnostics(error: RemoteMediaError) -> list[Diagnostic]:
    """What a compiler found; nothing for other failures, which must not cost its import."""
    if not isinstance(error, CompileError):
        return []
    from remotemedia.compiler import Diagnostic

    return [found for found in error.diagnostics if isinstance(found, Diagnostic)]


def colored(stream: IO[str]) -> bool:
    """Whether colour is wanted: on a terminal, unless `NO_COLOR` is set (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


@contextmanager
def status(message: str) -> Iterator[None]:
    """Show that something is going on; only on a terminal, and only if it takes longer than half a second."""
    if not sys.stderr.isatty():
        yield
        return
    import threading

    from rich.console import Console

    shown = Console(stderr=True).status(message)
    timer = threading.Timer(0.5, shown.start)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        shown.stop()


def size(count: int) -> str:
    """A number of bytes for people: `1.3 MB`."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004 - the next unit begins here
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
