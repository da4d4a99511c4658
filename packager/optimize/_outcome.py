"""What became of the models of a package, as values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from remotemedia.compiler import Program, ProjectFile
from remotemedia.packager.optimize._methods import Method
from remotemedia.packager.optimize._reasons import SENTENCES, Reason

_STEPS: Final = (1, 2, 5, 10)


@dataclass(frozen=True)
class Attempt:
    """One method, tried on one model.

    Attributes:
        method: which.
        reason: what came of it.
        size: of the result, in bytes; None if there is none.
        error: how far its outputs are off, relative to their root mean square; None where that is not known.
        seconds: median time of a run of the original and of the result, one after the other, on one thread.
        detail: what the tool said, for people.
        measured: when, RFC 3339.
        is_kept: whether that was in an earlier build.
    """

    method: Method
    reason: Reason
    size: int | None = None
    error: float | None = None
    seconds: tuple[float, float] | None = None
    detail: str = ""
    measured: str | None = None
    is_kept: bool = False

    def to_json(self) -> dict[str, Any]:
        """What is the same each time: without times, without a tool's words, the error rounded up."""
        shown = {"method": self.method.value, "reason": self.reason.value, "size": self.size}
        return {name: value for name, value in shown.items() if value is not None} | _bound(self.error)

    @property
    def why(self) -> str:
        """The reason as a sentence."""
        return f"{SENTENCES[self.reason]} ({self.detail})" if self.detail else SENTENCES[self.reason]


@dataclass(frozen=True)
class Trial:
    """An attempt, and its result.

    Attributes:
        attempt: what came of it.
        inputs: what it was measured with, as an `Outcome` has it.
        content: the file that holds the result; None where there is none, or it was not kept.
    """

    attempt: Attempt
    inputs: str | None = None
    content: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one model.

    Attributes:
        original: the file of the project.
        packed: what the package has in its place: the same where the original was kept.
        attempts: what was tried, in order.
        inputs: `seeded` or `calibration`: what it was measured with; None if it was not.
        content: the file that holds the result; None where the original was kept.
        absorbed: paths of files whose weights are in the result now.
        made: how many of the attempts this build has made; the others were kept.
    """

    original: ProjectFile
    packed: ProjectFile
    attempts: tuple[Attempt, ...]
    inputs: str | None = None
    content: Path | None = None
    absorbed: tuple[str, ...] = ()
    made: int = 0

    @property
    def chosen(self) -> Attempt | None:
        """The attempt whose result is packed."""
        return next((it for it in self.attempts if it.reason is Reason.CHOSEN), None)

    def to_json(self) -> dict[str, Any]:
        """What `meta/optimize.json` says of it."""
        row: dict[str, Any] = {
            "path": self.original.path,
            "original": _described(self.original),
            "packed": _described(self.packed),
            "attempts": [it.to_json() for it in self.attempts],
        }
        more = {
            "method": self.chosen.method.value if self.chosen else None,
            "inputs": self.inputs,
            "absorbed": list(self.absorbed),
        }
        return row | {name: value for name, value in more.items() if value}


@dataclass(frozen=True)
class Optimization:
    """What became of all models.

    Attributes:
        mode: what was asked for.
        max_error: the greatest error that was allowed.
        outcomes: one for each model, by path.
        tools: version of each tool, by name.
        calibration: SHA-256 in hexadecimal of each file with inputs, by name.
    """

    mode: str
    max_error: float
    outcomes: tuple[Outcome, ...]
    tools: Mapping[str, str]
    calibration: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """`meta/optimize.json`: nothing in it depends on when, where or how fast."""
        return {
            "schemaVersion": 1,
            "mode": self.mode,
            "maxError": self.max_error,
            "tools": dict(self.tools),
            "calibration": dict(self.calibration),
            "models": [it.to_json() for it in self.outcomes],
        }

    @property
    def measurements(self) -> list[dict[str, Any]]:
        """What was measured here and may be otherwise elsewhere, for the signed provenance."""
        return [
            {"path": outcome.original.path, "method": it.method.value, "measured": it.measured, "error": it.error}
            | ({"seconds": {"original": it.seconds[0], "optimized": it.seconds[1]}} if it.seconds else {})
            for outcome in self.outcomes
            for it in outcome.attempts
            if it.error is not None and math.isfinite(it.error)
        ]

    @property
    def made(self) -> int:
        """How many attempts this build has made."""
        return sum(it.made for it in self.outcomes)

    @property
    def contents(self) -> Mapping[str, Path]:
        """Where the bytes of changed models are, by path in the project."""
        return {it.original.path: it.content for it in self.outcomes if it.content is not None}

    def packed(self, program: Program) -> Program:
        """The program with the files that the package has of it."""
        changed = {it.original.path: it.packed for it in self.outcomes}
        kept = {it.original.path for it in self.outcomes if it.content is None}
        absorbed = {path for it in self.outcomes for path in it.absorbed} - kept
        files = tuple(changed.get(it.path, it) for it in program.files if it.path not in absorbed)
        return replace(program, files=files)


def _described(file: ProjectFile) -> dict[str, Any]:
    return {"digest": f"sha256:{file.sha256}", "size": file.size}


def _bound(error: float | None) -> dict[str, float]:
    """An error rounded up to 1, 2 or 5 of a power of ten: the last digits are a processor's."""
    if error is None or not math.isfinite(error):
        return {}
    if error == 0:
        return {"errorAtMost": 0.0}
    power = math.floor(math.log10(error))
    step = next((it for it in _STEPS if error <= float(f"{it}e{power}")), _STEPS[-1])
    return {"errorAtMost": float(f"{step}e{power}")}
