r"""Findings as workflow commands, which GitHub's runner turns into annotations of a pull request.

The runner reads `::error file=…,line=…::message` from a step's output; values are escaped as its own toolkit does:
`%`, `\r` and `\n` everywhere, `:` and `,` in properties as well. It counts columns from 1 and takes them only for a
span within one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from remotemedia.compiler._diagnostic import Diagnostic
    from remotemedia.compiler._formats.report import Report

__all__ = ["as_github"]

_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}


def as_github(report: Report) -> str:
    """Return a report as one workflow command a line; empty without findings."""
    return "".join(f"{_command(file, diagnostic)}\n" for file, diagnostic in report.findings())


def _command(file: str, diagnostic: Diagnostic) -> str:
    properties: dict[str, object] = {"file": file}
    span = diagnostic.span
    if span is not None:
        properties |= {"line": span.line, "endLine": span.end_line}
        if span.line == span.end_line:
            properties |= {"col": span.column, "endColumn": span.end_column}
    properties["title"] = diagnostic.code
    text = diagnostic.message + (f": {diagnostic.label}" if diagnostic.label else "")
    remarks = [f"note: {note}" for note in diagnostic.notes]
    remarks += [f"help: {diagnostic.help}"] if diagnostic.help else []
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {listed}::{_data(chr(10).join([text, *remarks]))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
