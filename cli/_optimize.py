"""What `remotemedia build --optimize` is asked, and what it tells."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from remotemedia.cli._command import Command
from remotemedia.cli._console import size
from remotemedia.errors import UsageError

if TYPE_CHECKING:
    from remotemedia.packager.optimize import Attempt, Optimization, Outcome

_FLAG: Final = "--optimize"
_WAYS: Final = ("auto", "int8-dynamic", "int8-static", "fp16", "4bit", "none")

Optimize = Annotated[
    str | None,
    typer.Option(
        _FLAG,
        metavar="[=WAY]",
        help=f"Make models smaller where their outputs stay what they are: {', '.join(_WAYS)}.",
    ),
]
MaxError = Annotated[
    float | None,
    typer.Option("--max-error", help="How far their outputs may be off, relative to their size; by default 0.01."),
]
Calibration = Annotated[
    Path | None, typer.Option("--calibration", metavar="DIR|FILE.npz", help="Inputs to measure and to calibrate with.")
]


class OptimizingCommand(Command):
    """A command whose `--optimize` needs no value: alone it is `--optimize=auto`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give the option its value, unless it stands behind `--`.

        Raises:
            UsageError: RM701, its value is a word of its own, which would be taken for the pipeline's file.
        """
        end = args.index("--") if "--" in args else len(args)
        for flag, word in pairwise(args[:end]):
            if flag == _FLAG and word in _WAYS:
                raise UsageError(
                    f"expected `{_FLAG}={word}`, got `{_FLAG} {word}`", code="RM701", hint="the value stands behind `=`"
                )
        named = [f"{_FLAG}=auto" if arg == _FLAG else arg for arg in args[:end]]
        return super().parse_args(ctx, [*named, *args[end:]])


def optimized_fields(found: Optimization | None) -> dict[str, Any]:
    """What a report has of the models: `meta/optimize.json`, what was measured, and how many attempts were made."""
    if found is None:
        return {}
    return {"optimized": {**found.document, "measurements": found.measurements, "attemptsMade": found.made}}


def optimized_table(found: Optimization) -> str:
    """What became of every model, and why; one line for each that was tried on it."""
    if not found.outcomes:
        return "no models to make smaller"
    return "\n".join(line for outcome in found.outcomes for line in _lines(outcome))


def _lines(outcome: Outcome) -> list[str]:
    before, after = outcome.original, outcome.packed
    chosen = outcome.chosen
    became = f"{size(before.size)} → {size(after.size)}, {chosen.method}" if chosen else f"{size(before.size)}, kept"
    measured = {"seeded": " (measured with made-up inputs)", "calibration": " (measured with your inputs)"}
    rows = [_row(it) for it in outcome.attempts]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    shown = ("  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)) for row in rows)
    return [f"{before.path}: {became}{measured.get(outcome.inputs or '', '')}", *(f"  {it}".rstrip() for it in shown)]


def _row(it: Attempt) -> tuple[str, str, str, str, str]:
    then = f" ({it.measured[:10]})" if it.is_kept and it.measured else ""  # it was another day, perhaps another machine
    taken = f"{it.seconds[0] * 1e3:.3g} → {it.seconds[1] * 1e3:.3g} ms{then}" if it.seconds else ""
    error = f"error {it.error:.2g}" if it.error is not None else ""
    return it.method.value, size(it.size) if it.size is not None else "", error, taken, it.why
