"""What the commands that show findings have in common: formats, codes, versions."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from remotemedia.cli._console import colored
from remotemedia.errors import UsageError

if TYPE_CHECKING:
    from remotemedia.compiler import Checked, Report

__all__ = ["Format", "OutputFormat", "codes", "report_of", "written"]

OutputFormat: TypeAlias = Literal["text", "json", "sarif", "github"]
Format = Annotated[
    OutputFormat, typer.Option("--format", help="How findings are written: text, json, sarif or github.")
]


def codes(listed: str) -> tuple[str, ...]:
    """Return the codes of an option such as `RM107,RM12`.

    Raises:
        UsageError: RM701, no code begins so.
    """
    from remotemedia.schemas.tables import error_table

    wanted = tuple(word.strip().upper() for word in listed.split(",") if word.strip())
    for word in wanted:
        if not any(code.startswith(word) for code in error_table()):
            raise UsageError(
                f"expected the beginning of a code, got `{word}`", code="RM701", hint="`remotemedia help` lists them"
            )
    return wanted


def report_of(*files: Checked) -> Report:
    """Return the findings of files as a report of this version."""
    from importlib.metadata import version

    from remotemedia.compiler import Report

    return Report(version("remotemedia"), files)


def written(report: Report, output_format: OutputFormat, stream: IO[str]) -> str:
    """Return a report in one of the formats, for a stream that may be a terminal."""
    from remotemedia.compiler import as_github, as_json, as_sarif, render

    match output_format:
        case "json":
            return as_json(report)
        case "sarif":
            return as_sarif(report, documentation=_documentation())
        case "github":
            return as_github(report)
        case "text":
            return render([diagnostic for _, diagnostic in report.findings()], color=colored(stream))


def _documentation() -> str | None:
    """Return the URL of the page of errors, if this distribution says where its documentation is."""
    from importlib.metadata import metadata

    for line in metadata("remotemedia").get_all("Project-URL") or ():
        label, _, url = str(line).partition(", ")
        if label.lower() == "errors":
            return url
    return None
