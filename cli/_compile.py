"""`remotemedia compile`: what a pipeline states, without running it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from remotemedia.cli._console import colored

Source = Annotated[Path, typer.Argument(help="The Python file that builds the pipeline.")]
PipelineName = Annotated[str | None, typer.Option("--pipeline", help="Which pipeline, where a file builds several.")]


def compile_(source: Source, *, pipeline: PipelineName = None) -> None:
    """Print a pipeline's manifest, found without running any of its code."""
    from remotemedia.compiler import compile_file, manifest_json, render

    program = compile_file(source, pipeline=pipeline)
    if program.diagnostics:
        sys.stderr.write(render(program.diagnostics, color=colored(sys.stderr)))
    sys.stdout.write(f"{manifest_json(program)}\n")
