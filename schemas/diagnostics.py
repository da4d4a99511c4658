"""What `remotemedia check --format json` prints.

from remotemedia.schemas.diagnostics import DiagnosticsDocument

report = DiagnosticsDocument.model_validate_json(output)
report.summary.errors      # 0: everything can be compiled
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from remotemedia.schemas._document import Document

__all__ = ["Diagnostic", "DiagnosticsDocument", "Related", "Span", "Suggestion", "Summary", "Tool"]

Position: TypeAlias = Annotated[int, Field(ge=1)]


class Span(Document):
    """A stretch of source text; columns count characters, the end is exclusive."""

    file: str
    """Relative to where the command was run, posix; absolute if it lies elsewhere."""
    line: Position
    """From 1."""
    column: Position
    """From 1."""
    end_line: Position
    """From 1."""
    end_column: Position
    """From 1."""
    text: str
    """The line in which it begins."""


class Related(Document):
    """Another place that belongs to a finding."""

    span: Span
    """Where."""
    label: str
    """What it has to do with it."""


class Suggestion(Document):
    """An edit that is safe to make by a machine."""

    span: Span
    """What is replaced."""
    replacement: str
    """By what."""


class Diagnostic(Document):
    """One finding."""

    file: str
    """The file that it is about, as in a span."""
    code: Annotated[str, Field(pattern=r"^RM1\d\d$")]
    """Its stable id, of `errors.v1.json`."""
    severity: Literal["error", "warning", "note"]
    """Only an error keeps a program from being compiled."""
    message: str
    """What is wrong."""
    span: Span | None = None
    """Where; absent if it is about the whole file."""
    label: str | None = None
    """What is to be said at the span."""
    notes: tuple[str, ...]
    """Why."""
    help: str | None = None
    """The remedy."""
    related: tuple[Related, ...]
    """Other places that belong to it."""
    suggestion: Suggestion | None = None
    """The remedy as an edit."""


class Tool(Document):
    """What made the report."""

    name: Literal["remotemedia"]
    """Always `remotemedia`."""
    version: str
    """Its version."""


class Summary(Document):
    """How much was found."""

    errors: Annotated[int, Field(ge=0)]
    """Findings that keep a program from being compiled."""
    warnings: Annotated[int, Field(ge=0)]
    """Findings that are most likely mistakes."""
    notes: Annotated[int, Field(ge=0)]
    """Findings that may be tidied up."""


class DiagnosticsDocument(Document):
    """A report of `remotemedia check`."""

    version: Literal[1]
    """Always 1."""
    tool: Tool
    """What made it."""
    files: tuple[str, ...]
    """The files that were checked, in that order."""
    diagnostics: tuple[Diagnostic, ...]
    """What was found, each once, by file."""
    summary: Summary
    """How much was found."""
