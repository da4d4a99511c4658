"""A finding is a value; how it looks is the business of `_formats`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Diagnostic", "Related", "Severity", "Span", "Suggestion", "compile_error", "moved", "to_json"]

Severity: TypeAlias = Literal["error", "warning", "note"]
"""Only an error keeps a program from being compiled; a note says what may be tidied up."""


@dataclass(frozen=True)
class Span:
    """A stretch of source text.

    Lines and columns count from 1, columns in characters; the end is exclusive.

    Attributes:
        file: path from the project's root, posix.
        text: the line in which the span begins, without its end of line.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True)
class Related:
    """Another place that belongs to a finding, such as the first of two that contradict each other."""

    span: Span
    label: str


@dataclass(frozen=True)
class Suggestion:
    """An edit that is safe to make by a machine: the text of the span becomes the replacement."""

    span: Span
    replacement: str


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: a code of `errors.v1.json`, RM1xx.
        message: what is wrong; lower case, without a full stop.
        span: where; None where no file could be read.
        label: what stands at the carets.
        notes: why, one sentence each.
        help: the remedy.
        related: other places, in the order in which they are to be read.
        suggestion: the remedy as an edit, where there is only one.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    label: str = ""
    notes: tuple[str, ...] = ()
    help: str | None = None
    related: tuple[Related, ...] = ()
    suggestion: Suggestion | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the finding as `diagnostics.v1.schema.json` describes it; what is absent is left out."""
        return {name: _listed(value) for name, value in asdict(self).items() if value is not None and value != ""}


def moved(diagnostic: Diagnostic, rename: Callable[[str], str]) -> Diagnostic:
    """Return a finding with every file called as `rename` says."""

    def at(span: Span) -> Span:
        return replace(span, file=rename(span.file))

    suggestion = diagnostic.suggestion
    return replace(
        diagnostic,
        span=None if diagnostic.span is None else at(diagnostic.span),
        related=tuple(replace(other, span=at(other.span)) for other in diagnostic.related),
        suggestion=None if suggestion is None else replace(suggestion, span=at(suggestion.span)),
    )


def compile_error(diagnostics: Sequence[Diagnostic], **details: object) -> CompileError:
    """Return the error that carries findings, and further details; its code and message are those of the first."""
    first, *others = diagnostics
    more = f", and {len(others)} more" if others else ""
    details["diagnostics"] = tuple(diagnostics)
    return CompileError(first.message + more, code=first.code, hint=first.help, **details)


def to_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return findings as JSON values."""
    return [diagnostic.to_json() for diagnostic in diagnostics]


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
