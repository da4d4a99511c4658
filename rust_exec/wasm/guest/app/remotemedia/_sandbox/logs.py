"""Sends `logging`, `print` and what is written to standard error to the node's log on the host."""

import io
import logging
import sys
from typing import Final

from wit_world.imports import host
from wit_world.imports.host import Level

# The host cuts lines, too; cutting here keeps a huge line from being copied out first.
_LINE: Final = 8192


def write(level: Level, message: str) -> None:
    """Write a message to the node's log."""
    host.log(level, message[:_LINE])


def debug(message: str) -> None:
    """Write a message for those who look closely."""
    write(Level.DEBUG, message)


def warn(message: str) -> None:
    """Write a warning of the runner's own."""
    write(Level.WARNING, message)


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
        write(level, self.format(record))


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
        for line in lines:
            write(self._level, self._line + line)
            self._line = ""
        self._line += rest
        if len(self._line) > _LINE:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self._line:
            line, self._line = self._line, ""
            write(self._level, line)


def install(level: int = logging.INFO) -> None:
    """Put the log in the place of the standard streams and of the root logger's handlers."""
    sys.stdout, sys.stderr = _Stream(Level.INFO), _Stream(Level.WARNING)
    handler = _Handler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def flush() -> None:
    """Write lines that are not at their end yet."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
