"""Sends `logging`, `print` and what is written to standard error to the node's log on the host."""

import io
import linecache
import logging
import sys
from types import FrameType
from typing import Final

from wit_world.imports import host
from wit_world.imports.host import Level

# The host cuts lines, too; cutting here keeps a huge line from being copied out first.
_LINE: Final = 8192
_PATH: Final = 200


def write(level: Level, message: str, place: tuple[str, int] | None = None) -> None:
    """Write a message to the node's log; with the author's file and line that wrote it."""
    message = message[:_LINE]
    if not message.isascii():
        # Lone surrogates cannot cross the boundary.
        message = message.encode("utf-8", "replace").decode()
    if place is None:
        host.log(level, message)
    else:
        host.log_at(level, message, *place)


def debug(message: str) -> None:
    """Write a message for those who look closely."""
    write(Level.DEBUG, message)


def warn(message: str) -> None:
    """Write a warning of the runner's own."""
    write(Level.WARNING, message)


def is_authors(file: str) -> bool:
    """Whether a file is one of the sources: those are in the cache of lines without a time of change."""
    entry = linecache.cache.get(file)
    return entry is not None and len(entry) > 1 and entry[1] is None


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        level = (
            Level.ERROR
            if record.levelno >= logging.ERROR
            else Level.WARNING
            if record.levelno >= logging.WARNING
            else Level.INFO
            if record.levelno >= logging.INFO
            else Level.DEBUG
        )
        place = (record.pathname[:_PATH], record.lineno) if is_authors(record.pathname) else None
        write(level, self.format(record), place)


class _Stream(io.TextIOBase):
    """Cuts what is written into lines of the log."""

    def __init__(self, level: Level) -> None:
        super().__init__()
        self._level = level
        self._line = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        *lines, rest = text.split("\n")
        if lines:
            place = _caller()
            for line in lines:
                write(self._level, self._line + line, place)
                self._line = ""
        self._line += rest
        if len(self._line) > _LINE:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self._line:
            line, self._line = self._line, ""
            write(self._level, line)


def _caller() -> tuple[str, int] | None:
    """Give file and line of the nearest author's frame, where it is near: that of a `print`, or around it."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - `inspect.stack` reads every source
    for _ in range(4):
        if frame is None:
            break
        if is_authors(frame.f_code.co_filename):
            return frame.f_code.co_filename[:_PATH], frame.f_lineno
        frame = frame.f_back
    return None


def install(level: int = logging.INFO) -> None:
    """Put the log in the place of the standard streams and of the root logger's handlers."""
    sys.stdout, sys.stderr = _Stream(Level.INFO), _Stream(Level.WARNING)
    handler = _Handler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def output(text: str, *, is_error: bool) -> None:
    """Take what was written to a standard descriptor."""
    stream = sys.stderr if is_error else sys.stdout
    if stream is not None:
        stream.write(text)


def flush() -> None:
    """Write lines that are not at their end yet."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
