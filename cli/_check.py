"""`remotemedia check`: all that is wrong in many files at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remotemedia.cli._console import say
from remotemedia.cli._findings import Format, codes, report_of, written

if TYPE_CHECKING:
    from remotemedia.compiler import Checked, Report


def check(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, and directories whose pipelines are looked for.", metavar="FILE|DIR…")
    ],
    *,
    output_format: Format = "text",
    select: Annotated[str, typer.Option(help="Only these codes, by commas; RM11 means all that begin so.")] = "",
    ignore: Annotated[str, typer.Option(help="All but these codes.")] = "",
    pipelines_only: Annotated[
        bool, typer.Option("--pipelines-only", help="Pass over named files that build no pipeline.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print findings and nothing else.")] = False,
) -> None:
    """Check pipelines without running any of their code; exit with 1 if there are errors."""
    selected, ignored = codes(select), codes(ignore)
    checked = _checked(paths, pipelines_only=pipelines_only)
    report = report_of(*(_narrowed(file, selected, ignored) for file in checked))
    sys.stdout.write(written(report, output_format, sys.stdout))
    if not quiet:
        say(_summary(report))
    if report.count("error"):
        raise typer.Exit(1)


def _checked(paths: list[Path], *, pipelines_only: bool) -> Iterator[Checked]:
    """Check each file once, in the order in which they are named."""
    from remotemedia.compiler import check_file, pipeline_files

    here = Path.cwd()
    seen: set[Path] = set()
    for path in paths:
        inside = path.is_dir()
        for file in pipeline_files(path) if inside else (path,):
            if file.resolve() in seen:
                continue
            seen.add(file.resolve())
            checked = check_file(file, here, pipelines_only=pipelines_only or inside)
            if checked is not None:
                yield checked


def _narrowed(file: Checked, selected: tuple[str, ...], ignored: tuple[str, ...]) -> Checked:
    found = (it for it in file.diagnostics if not selected or it.code.startswith(selected))
    return replace(file, diagnostics=tuple(it for it in found if not ignored or not it.code.startswith(ignored)))


def _summary(report: Report) -> str:
    counts = [(report.count(kind), kind) for kind in ("error", "warning", "note")]
    found = [_counted(count, kind) for count, kind in counts if count]
    return f"{_counted(len(report.files), 'file')} checked: {', '.join(found) or 'nothing found'}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
