"""Findings as text for people, in the manner of a compiler."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler._diagnostic import Diagnostic, Span

__all__ = ["render"]

_WIDEST_LINE: Final = 200  # characters of a source line that are shown
_BOLD: Final = "\x1b[1m"
_BLUE: Final = "\x1b[1;34m"
_SEVERITY: Final = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m"}
_RESET: Final = "\x1b[0m"
_UNSEEN: Final = {"Cc", "Cf", "Cs"}


def render(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """Return findings as text, one after another with an empty line between; empty without findings."""
    return "\n".join(_one(diagnostic, color=color) for diagnostic in diagnostics)


def _one(diagnostic: Diagnostic, *, color: bool) -> str:
    def paint(style: str, text: str) -> str:
        return f"{style}{text}{_RESET}" if color else text

    loud = _SEVERITY[diagnostic.severity]
    span = diagnostic.span
    gutter = " " * len(str(span.line)) if span is not None else ""
    head = paint(loud, f"{diagnostic.severity}[{diagnostic.code}]")
    lines = [head + paint(_BOLD, f": {_printable(diagnostic.message)}")]
    if span is not None:
        text, before, carets = _marked(span)
        bar = paint(_BLUE, "|")
        label = f" {_printable(diagnostic.label)}" if diagnostic.label else ""
        lines += [
            f"{gutter}{paint(_BLUE, '-->')} {_printable(span.file)}:{span.line}:{span.column}",
            f"{gutter} {bar}",
            f"{paint(_BLUE, str(span.line))} {bar} {text}".rstrip(),
            f"{gutter} {bar} {before}{paint(loud, carets + label)}",
        ]
    remarks = [("note", note) for note in diagnostic.notes]
    remarks += [("help", diagnostic.help)] if diagnostic.help else []
    lines += [f"{gutter} {paint(_BLUE, '=')} {paint(_BOLD, kind)}: {_printable(text)}" for kind, text in remarks]
    return "\n".join(lines) + "\n"


def _marked(span: Span) -> tuple[str, str, str]:
    """Return the source line as shown, the blanks before the carets, and the carets."""
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(span.text.rstrip())
    first = max(0, start - _WIDEST_LINE // 2) if len(span.text) > _WIDEST_LINE else 0
    shown = span.text[first : first + _WIDEST_LINE]
    before = "".join("\t" if char == "\t" else " " * _width(char) for char in shown[: start - first])
    marked = shown[start - first : end - first]
    return _printable(shown), before, "^" * max(1, sum(map(_width, marked)))


def _printable(text: str) -> str:
    """Keep a hostile file's control characters from reaching a terminal."""
    return "".join(char if char == "\t" or unicodedata.category(char) not in _UNSEEN else "\ufffd" for char in text)


def _width(char: str) -> int:
    """Return the columns a character takes on a terminal (UAX #11)."""
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else int(not unicodedata.combining(char))
