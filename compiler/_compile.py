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
    from pathlib import Path

    from remotemedia.compiler._program import Program

__all__ = ["compile_file", "manifest_json"]


def compile_file(path: Path, *, pipeline: str | None = None) -> Program:
    """Find out what a pipeline's file states, without running or importing any of it.

    Args:
        path: the file that builds the pipeline.
        pipeline: which one, by variable or name, where a file builds several.

    Raises:
        CompileError: RM101 to RM114; `diagnostics` has all that was found, its code and message are the first one's.
        UsageError: RM701, `SOURCE_DATE_EPOCH` is no number of seconds.
    """
    from remotemedia.compiler._analysis import analyse  # noqa: PLC0415 - libcst takes a tenth of a second to import

    try:
        program = analyse(Project.of(path), pipeline)
    except RecursionError as error:  # syntax trees are bounded, but the caller's own stack may be deep already
        message = f"expected a program that nests less deeply, got `{path.name}`"
        raise compile_error([Diagnostic("RM114", "error", message, help="split its expressions")]) from error
    _date(program.manifest)
    return program


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
