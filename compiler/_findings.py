"""The diagnostics of one compilation, as they are found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._bounds import MAX_DIAGNOSTICS
from remotemedia.compiler._diagnostic import Diagnostic, Related, compile_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia.compiler._diagnostic import Severity, Suggestion
    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values import PipelineInstance
    from remotemedia.errors import CompileError

__all__ = ["Findings"]

_RANK: Final = {"error": 0, "warning": 1, "note": 2}


class Findings:
    """Collects diagnostics, each once; those about one pipeline count only if that pipeline is compiled."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, PipelineInstance | None] = {}
        self._counts: Counter[tuple[Severity, PipelineInstance | None]] = Counter()

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
        related: Iterable[tuple[Place, str]] = (),
        suggestion: Suggestion | None = None,
        owner: PipelineInstance | None = None,
    ) -> None:
        """Add a finding about a place.

        Args:
            code: of `errors.v1.json`.
            message: what is wrong.
            place: where.
            label: what stands at the carets.
            notes: why, one sentence each.
            help: the remedy.
            severity: only errors keep the program from being compiled.
            related: other places that belong to it, each with what stands at its carets.
            suggestion: the remedy as an edit.
            owner: the pipeline that it concerns, if it concerns only one.
        """
        if self._counts[severity, owner] >= MAX_DIAGNOSTICS:  # of each, so that no error is lost behind something else
            return
        others = tuple(Related(other.span(), text) for other, text in related)
        found = Diagnostic(code, severity, message, place.span(), label, notes, help, others, suggestion)
        if found not in self._found:
            self._found[found] = owner
            self._counts[severity, owner] += 1

    def extend(self, error: CompileError) -> None:
        """Add the findings of an error."""
        for diagnostic in error.diagnostics:
            if isinstance(diagnostic, Diagnostic):
                self._found.setdefault(diagnostic, None)

    def relevant(self, *chosen: PipelineInstance | None) -> tuple[Diagnostic, ...]:
        """Return what concerns the chosen pipelines or all: errors first, then in the order of the source."""
        wanted = {None, *chosen}
        return tuple(sorted((found for found, owner in self._found.items() if owner in wanted), key=_order))

    def check(self, chosen: PipelineInstance | None = None) -> tuple[Diagnostic, ...]:
        """Return warnings and notes.

        Raises:
            CompileError: there are errors; it carries the rest as well.
        """
        relevant = self.relevant(chosen)
        if self.errors(chosen):
            raise compile_error(relevant)
        return relevant

    def errors(self, chosen: PipelineInstance | None) -> set[str]:
        """Return the codes of the errors that concern the chosen pipeline or all."""
        return {diagnostic.code for diagnostic in self.relevant(chosen) if diagnostic.severity == "error"}


def _order(diagnostic: Diagnostic) -> tuple[int, str, int, int]:
    span = diagnostic.span
    where = ("", 0, 0) if span is None else (span.file, span.line, span.column)
    return _RANK[diagnostic.severity], *where
