"""The compilation of one file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from remotemedia._project import Project
from remotemedia.compiler._diagnostic import Diagnostic, compile_error
from remotemedia.compiler._digests import Digests
from remotemedia.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from remotemedia.compiler._program import Program

__all__ = ["compile_file", "manifest_json", "traced_program"]


def compile_file(
    path: Path,
    *,
    pipeline: str | None = None,
    cache: Path | None = None,
    digests: Digests | None = None,
    draft: Callable[[Program], None] | None = None,
) -> Program:
    """Find out what a pipeline's file states, without running or importing any of it.

    Args:
        path: the file that builds the pipeline.
        pipeline: which one, by variable or name, where a file builds several.
        cache: a directory of earlier results; one is used again while nothing that it depends on has changed.
        digests: of files; by default those of the cache.
        draft: called with the program while its large files are still being hashed, if that takes time: digests of
            theirs are not the right ones then, but as long.

    Raises:
        CompileError: RM101 to RM134; `diagnostics` has all that was found, its code and message are the first one's.
        UsageError: RM701, `SOURCE_DATE_EPOCH` is no number of seconds.
    """
    reading = _Reading(pipeline, digests or Digests(cache), draft)
    program = _found(path, reading, cache) if cache is not None else _analysed(path, reading)
    _date(program.manifest)
    return program


@dataclass(frozen=True)
class _Reading:
    pipeline: str | None
    digests: Digests
    draft: Callable[[Program], None] | None


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
    program = analyse_traced(Project.of(path), {**manifest, "metadata": metadata}, arrays, Digests().of)
    _date(program.manifest)
    return program


def _found(path: Path, reading: _Reading, cache: Path) -> Program:
    from remotemedia.compiler import _cache  # noqa: PLC0415 - only where it is wanted
    from remotemedia.compiler._watch import saw, watching  # noqa: PLC0415 - the same

    entry = _cache.entry_of(cache, path, reading.pipeline)
    found = _cache.find(entry)
    if found is not None:
        return found
    with watching() as paths:
        for directory in Project.of(path).source.parents:
            saw(directory / "__init__.py")  # they say where the project begins
        program = _analysed(path, reading)
    _cache.keep(entry, program, paths)
    return program


def _analysed(path: Path, reading: _Reading) -> Program:
    from remotemedia.compiler._analysis import analyse  # noqa: PLC0415 - libcst takes a tenth of a second to import

    digests, draft = reading.digests, reading.draft
    try:
        program = analyse(Project.of(path), reading.pipeline, digests.of if draft is None else digests.soon)
        if draft is not None and digests.are_awaited:
            draft(program)
        return _settled(program, digests)
    except RecursionError as error:  # syntax trees are bounded, but the caller's own stack may be deep already
        message = f"expected a program that nests less deeply, got `{path.name}`"
        raise compile_error([Diagnostic("RM114", "error", message, help="split its expressions")]) from error
    finally:
        if digests.are_awaited:  # something went wrong
            digests.abandon()


def _settled(program: Program, digests: Digests) -> Program:
    """Return the program with digests where stand-ins were."""
    if not digests.are_awaited:
        return program
    try:
        found = digests.found()
    except OSError as error:
        message = f"expected a readable file at `{error.filename}`, got an error: {(error.strerror or '').lower()}"
        raise compile_error([Diagnostic("RM109", "error", message)]) from error
    files, resources = (
        tuple(replace(file, sha256=found.get(file.sha256, file.sha256)) for file in listed)
        for listed in (program.files, program.resources)
    )
    return replace(program, files=files, resources=resources)


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
