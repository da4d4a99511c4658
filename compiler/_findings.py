"""The diagnostics of one compilation, as they are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia.compiler._bounds import MAX_DIAGNOSTICS
from remotemedia.compiler._diagnostic import Diagnostic, compile_error

if TYPE_CHECKING:
    from remotemedia.compiler._diagnostic import Severity
    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values import PipelineInstance
    from remotemedia.errors import CompileError

__all__ = ["Findings"]


class Findings:
    """Collects diagnostics, each once; those about one pipeline count only if that pipeline is compiled."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, PipelineInstance | None] = {}

    def add(
        self,
        code: str,
        message: str,
        place: Place,
        label: str = "",
        *,
        notes: tuple[str, ...] = (),
        help: str | None = None,  # noqa: A002 - what it is called in a diagnostic
        severity: Severity = "error",
        owner: PipelineInstance | None = None,
    ) -> None:
        """Add a finding about a place; `owner` is the pipeline that it concerns, if it concerns only one."""
        if len(self._found) < MAX_DIAGNOSTICS:
            self._found.setdefault(Diagnostic(code, severity, message, place.span(), label, notes, help), owner)

    def extend(self, error: CompileError) -> None:
        """Add the findings of an error."""
        for diagnostic in error.diagnostics:
            if isinstance(diagnostic, Diagnostic):
                self._found.setdefault(diagnostic, None)

    def relevant(self, chosen: PipelineInstance | None) -> tuple[Diagnostic, ...]:
        """Return what concerns the chosen pipeline or all: errors before warnings, then in the order of the source."""
        return tuple(sorted((found for found, owner in self._found.items() if owner in {None, chosen}), key=_order))

    def check(self, chosen: PipelineInstance | None = None) -> tuple[Diagnostic, ...]:
        """Return the warnings.

        Raises:
            CompileError: there are errors; it carries the warnings as well.
        """
        relevant = self.relevant(chosen)
        if any(diagnostic.severity == "error" for diagnostic in relevant):
            raise compile_error(relevant)
        return relevant


def _order(diagnostic: Diagnostic) -> tuple[bool, str, int, int]:
    span = diagnostic.span
    where = ("", 0, 0) if span is None else (span.file, span.line, span.column)
    return diagnostic.severity == "warning", *where
