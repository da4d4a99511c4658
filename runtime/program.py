"""The program of a pipeline's file: read, or where its user asks for it, run.

from remotemedia.runtime.program import program_of

program_of(Path("pipeline.py"), environ=os.environ).manifest
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from remotemedia.compiler import Digests, Program, compile_file
from remotemedia.errors import UsageError
from remotemedia.runtime.home import home_directory

__all__ = ["Reading", "attempt_cache", "compile_cache", "program_of"]


@dataclass(frozen=True)
class Reading:
    """How a file becomes a program.

    Attributes:
        pipeline: which one, by variable or name, where the file builds several.
        trace: whether the file is run instead of read.
        arguments: the program's own, where it is run.
        cached: whether the result of an earlier reading may be used again.
    """

    pipeline: str | None = None
    trace: bool = False
    arguments: Sequence[str] = ()
    cached: bool = True


def compile_cache(environ: Mapping[str, str]) -> Path:
    """The directory of earlier readings."""
    return home_directory(environ) / "compile"


def attempt_cache(home: Path) -> Path:
    """The directory of attempts to make models smaller, of a home directory."""
    return home / "optimize"


def program_of(
    source: Path,
    reading: Reading | None = None,
    *,
    environ: Mapping[str, str],
    digests: Digests | None = None,
    draft: Callable[[Program], None] | None = None,
) -> Program:
    """Return what a pipeline's file states.

    Args:
        source: the file.
        reading: how it becomes a program.
        environ: says where earlier readings are.
        digests: of the files that it names.
        draft: told the program while its large files are being hashed; see `compile_file`.

    Raises:
        CompileError: RM1xx.
        UsageError: RM701, arguments were given for a program that is not run.
    """
    how = reading or Reading()
    if how.trace:
        from remotemedia.runtime.trace import trace_file  # noqa: PLC0415 - programs are seldom run

        return trace_file(source, pipeline=how.pipeline, arguments=how.arguments)
    if how.arguments:
        raise UsageError(
            f"expected no arguments for a program that is not run, got `{how.arguments[0]}`",
            code="RM701",
            hint="`--trace` runs the program",
        )
    cache = compile_cache(environ) if how.cached else None
    return compile_file(source, pipeline=how.pipeline, cache=cache, digests=digests, draft=draft)
