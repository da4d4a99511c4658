"""`remotemedia compile`: what a pipeline states, without running it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._findings import Format, OutputFormat, report_of, written
from remotemedia.cli._options import Json
from remotemedia.cli._placements import placement_table
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from remotemedia.compiler import Program

Source = Annotated[Path, typer.Argument(help="The Python file that builds the pipeline.")]
Arguments = Annotated[list[str] | None, typer.Argument(help="With --trace, the program's own arguments, behind --.")]
PipelineName = Annotated[str | None, typer.Option("--pipeline", help="Which pipeline, where a file builds several.")]
Trace = Annotated[bool, typer.Option("--trace", help="Run the program up to where the pipeline would run.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Read the program anew, whatever was found before.")]


def compile_(
    source: Source,
    arguments: Arguments = None,
    *,
    pipeline: PipelineName = None,
    trace: Trace = False,
    no_cache: NoCache = False,
    explain: Annotated[bool, typer.Option("--explain", help="Print where each node runs, and why, instead.")] = False,
    output_format: Format = "text",
    as_json: Json = False,
) -> None:
    """Print a pipeline's manifest, found without running any of its code; findings go to stderr."""
    from remotemedia.compiler import manifest_json
    from remotemedia.runtime.program import Reading, program_of

    reading = Reading(pipeline, trace, arguments or (), cached=not no_cache)
    try:
        program = program_of(source, reading, environ=os.environ)
    except CompileError as error:
        if not error.diagnostics:
            raise
        _show(source, error.diagnostics, output_format)
        raise typer.Exit(1) from error
    _show(source, program.diagnostics, output_format)
    if explain:
        _explain(program, as_json=as_json)
    else:
        sys.stdout.write(f"{manifest_json(program)}\n")


def _explain(program: Program, *, as_json: bool) -> None:
    from remotemedia.compiler import explain

    nodes = [placement.to_json() for placement in explain(program)]
    report({"nodes": nodes}, placement_table(nodes), as_json=as_json)


def _show(source: Path, found: Iterable[object], output_format: OutputFormat) -> None:
    from remotemedia.compiler import Diagnostic, located

    diagnostics = [each for each in found if isinstance(each, Diagnostic)]
    findings = report_of(located(source, diagnostics, Path.cwd()))
    sys.stderr.write(written(findings, output_format, sys.stderr))
