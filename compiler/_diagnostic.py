"""A finding is a value; how it looks is `_render`'s business."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Diagnostic", "Severity", "Span", "compile_error", "to_json"]

Severity: TypeAlias = Literal["error", "warning"]


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
class Diagnostic:
    """One finding.

    Attributes:
        code: a code of `errors.v1.json`, RM101 to RM114.
        message: what is wrong; lower case, without a full stop.
        span: where; None where no file could be read.
        label: what stands at the carets.
        notes: why, one sentence each.
        help: the remedy.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    label: str = ""
    notes: tuple[str, ...] = ()
    help: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON values; the span is an object or null."""
        return asdict(self) | {"notes": list(self.notes)}


def compile_error(diagnostics: Sequence[Diagnostic]) -> CompileError:
    """Return the error that carries findings; its code and message are those of the first."""
    first, *others = diagnostics
    more = f", and {len(others)} more" if others else ""
    return CompileError(first.message + more, code=first.code, hint=first.help, diagnostics=tuple(diagnostics))


def to_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return findings as JSON values."""
    return [diagnostic.to_json() for diagnostic in diagnostics]
