"""The compilation of one file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from remotemedia._project import Project
from remotemedia.compiler._diagnostic import Diagnostic, compile_error
from remotemedia.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from remotemedia.compiler._program import Program

__all__ = ["compile_file", "manifest_json", "traced_program"]


def compile_file(path: Path, *, pipeline: str | None = None, cache: Path | None = None) -> Program:
    """Find out what a pipeline's file states, without running or importing any of it.

    Args:
        path: the file that builds the pipeline.
        pipeline: which one, by variable or name, where a file builds several.
        cache: a directory of earlier results; one is used again while nothing that it depends on has changed.

    Raises:
        CompileError: RM101 to RM134; `diagnostics` has all that was found, its code and message are the first one's.
        UsageError: RM701, `SOURCE_DATE_EPOCH` is no number of seconds.
    """
    program = _found(path, pipeline, cache) if cache is not None else _analysed(path, pipeline)
    _date(program.manifest)
    return program


def traced_program(path: Path, manifest: dict[str, Any], arrays: Mapping[str, bytes]) -> Program:
    """Return the program of a file that was run because it cannot be known otherwise.

    Args:
        path: the file.
        manifest: what `Pipeline.to_manifest` gave in it.
        arrays: what `Pipeline.arrays` gave.

    Raises:
        CompileError: a source file cannot be read, or what it imports cannot be had.
        UsageError: RM701, `SOURCE_DATE_EPOCH` is no number of seconds.
    """
    from remotemedia.compiler._analysis import analyse_traced  # noqa: PLC0415 - as below

    metadata = {**manifest["metadata"], "traced": True}
    program = analyse_traced(Project.of(path), {**manifest, "metadata": metadata}, arrays)
    _date(program.manifest)
    return program


def _found(path: Path, pipeline: str | None, cache: Path) -> Program:
    from remotemedia.compiler import _cache  # noqa: PLC0415 - only where it is wanted
    from remotemedia.compiler._watch import saw, watching  # noqa: PLC0415 - the same

    entry = _cache.entry_of(cache, path, pipeline)
    found = _cache.find(entry)
    if found is not None:
        return found
    with watching() as paths:
        for directory in Project.of(path).source.parents:
            saw(directory / "__init__.py")  # they say where the project begins
        program = _analysed(path, pipeline)
    _cache.keep(entry, program, paths)
    return program


def _analysed(path: Path, pipeline: str | None) -> Program:
    from remotemedia.compiler._analysis import analyse  # noqa: PLC0415 - libcst takes a tenth of a second to import

    try:
        return analyse(Project.of(path), pipeline)
    except RecursionError as error:  # syntax trees are bounded, but the caller's own stack may be deep already
        message = f"expected a program that nests less deeply, got `{path.name}`"
        raise compile_error([Diagnostic("RM114", "error", message, help="split its expressions")]) from error


def manifest_json(program: Program) -> str:
    """Return the manifest as people read it: indented by two."""
    return json.dumps(program.manifest, indent=2, ensure_ascii=False)


def _date(manifest: dict[str, Any]) -> None:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC)
    except (OSError, OverflowError, ValueError) as error:
        raise UsageError(f"expected seconds in `SOURCE_DATE_EPOCH`, got `{epoch}`", code="RM701") from error
    manifest["metadata"]["created_at"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
