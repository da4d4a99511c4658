"""What the machine-readable formats are made from: the findings of a number of files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._diagnostic import Diagnostic, Severity

__all__ = ["Checked", "Report"]


@dataclass(frozen=True)
class Checked:
    """One file and what was found in it and in what it imports.

    Attributes:
        path: how it is called in the report, posix; spans that lie in it are called the same.
        diagnostics: errors first, then in the order of the source.
    """

    path: str
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Report:
    """All that one command found.

    Attributes:
        version: of this program.
        files: in the order in which they were checked.
    """

    version: str
    files: tuple[Checked, ...]

    def findings(self) -> Iterator[tuple[str, Diagnostic]]:
        """Give each finding once, with its file: what is wrong in a shared module is found with all that import it."""
        seen: set[Diagnostic] = set()
        for file in self.files:
            for diagnostic in file.diagnostics:
                if diagnostic.span is None or diagnostic not in seen:
                    seen.add(diagnostic)
                    yield (file.path if diagnostic.span is None else diagnostic.span.file), diagnostic

    def count(self, severity: Severity) -> int:
        """Return how many findings there are of one severity."""
        return sum(diagnostic.severity == severity for _, diagnostic in self.findings())
