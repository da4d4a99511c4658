"""Findings as text for people, in the manner of a compiler."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remotemedia.compiler._diagnostic import Diagnostic, Span

__all__ = ["render"]

_WIDEST_LINE: Final = 200  # characters of a source line that are shown
_BOLD: Final = "\x1b[1m"
_BLUE: Final = "\x1b[1;34m"
_SEVERITY: Final = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}
_RESET: Final = "\x1b[0m"
_UNSEEN: Final = {"Cc", "Cf", "Cs"}


@dataclass(frozen=True)
class _Mark:
    """A span, what underlines it, and what stands behind the line."""

    span: Span
    char: str
    label: str
    style: str


def render(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """Return findings as text, one after another with an empty line between; empty without findings."""
    return "\n".join(_Block(diagnostic, color=color).text() for diagnostic in diagnostics)


class _Block:
    """One finding as text."""

    def __init__(self, diagnostic: Diagnostic, *, color: bool) -> None:
        self._diagnostic = diagnostic
        self._color = color
        self._loud = _SEVERITY[diagnostic.severity]
        self._marks: list[_Mark] = []
        if diagnostic.span is not None:
            self._marks = [_Mark(diagnostic.span, "^", diagnostic.label, self._loud)]
            self._marks += [_Mark(other.span, "-", other.label, _BLUE) for other in diagnostic.related]
        self._width = max((len(str(mark.span.line)) for mark in self._marks), default=0)

    def text(self) -> str:
        diagnostic = self._diagnostic
        head = self._paint(self._loud, f"{diagnostic.severity}[{diagnostic.code}]")
        lines = [head + self._paint(_BOLD, f": {_printable(diagnostic.message)}")]
        if diagnostic.span is not None:
            lines += self._sources(diagnostic.span)
        remarks = [("note", note) for note in diagnostic.notes]
        remarks += [("help", diagnostic.help)] if diagnostic.help else []
        lines += [self._remark(kind, text) for kind, text in remarks]
        return "\n".join(lines) + "\n"

    def _sources(self, main: Span) -> Iterator[str]:
        """Give every line that has a mark, with its marks; the file of the finding first."""
        marks = sorted(self._marks, key=lambda it: (it.span.file != main.file, it.span.file, it.span.line))
        for file, group in groupby(marks, key=lambda mark: mark.span.file):
            listed = list(group)
            here = main if file == main.file else listed[0].span
            arrow = "-->" if here is main else ":::"
            yield f"{' ' * self._width}{self._paint(_BLUE, arrow)} {_printable(file)}:{here.line}:{here.column}"
            yield f"{' ' * self._width} {self._paint(_BLUE, '|')}"
            last = None
            for line, marked in groupby(listed, key=lambda mark: mark.span.line):
                if last is not None and line > last + 1:
                    yield self._paint(_BLUE, "...")
                yield from self._line(list(marked))
                last = line

    def _line(self, marks: list[_Mark]) -> Iterator[str]:
        """Give one line of source with its marks below; a long one again for each mark, as different parts show."""
        bar = self._paint(_BLUE, "|")
        long = len(marks[0].span.text) > _WIDEST_LINE
        for at, mark in enumerate(marks):
            text, before, under = _marked(mark.span, mark.char)
            if at == 0 or long:
                number = self._paint(_BLUE, str(mark.span.line).rjust(self._width))
                yield f"{number} {bar} {text}".rstrip()
            label = f" {_printable(mark.label)}" if mark.label else ""
            yield f"{' ' * self._width} {bar} {before}{self._paint(mark.style, under + label)}"

    def _remark(self, kind: str, text: str) -> str:
        return f"{' ' * self._width} {self._paint(_BLUE, '=')} {self._paint(_BOLD, kind)}: {_printable(text)}"

    def _paint(self, style: str, text: str) -> str:
        return f"{style}{text}{_RESET}" if self._color else text


def _marked(span: Span, char: str) -> tuple[str, str, str]:
    """Return the source line as shown, the blanks before the mark, and the mark."""
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(span.text.rstrip())
    first = max(0, start - _WIDEST_LINE // 2) if len(span.text) > _WIDEST_LINE else 0
    shown = span.text[first : first + _WIDEST_LINE]
    before = "".join("\t" if it == "\t" else " " * _columns(it) for it in shown[: start - first])
    marked = shown[start - first : end - first]
    return _printable(shown), before, char * max(1, sum(map(_columns, marked)))


def _printable(text: str) -> str:
    """Keep a hostile file's control characters from reaching a terminal."""
    return "".join(char if char == "\t" or unicodedata.category(char) not in _UNSEEN else "\ufffd" for char in text)


def _columns(char: str) -> int:
    """Return the columns a character takes on a terminal (UAX #11)."""
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else int(not unicodedata.combining(char))
