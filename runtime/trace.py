"""What a program builds when it is run: for what cannot be known without running it.

    from remotemedia.runtime.trace import trace_file

    program = trace_file(Path("pipeline.py"), arguments=["8000"])
    program.manifest["metadata"]["traced"]  # True

The program runs in a process of its own, with bounded time and memory, up to the point where the pipeline would run.
It is the author's own code with the author's own rights: nothing else confines it.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler import traced_program
from remotemedia.errors import CompileError, PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler import Program

__all__ = ["trace_file"]

_MAX_SECONDS: Final = 120
_MAX_MEMORY_MB: Final = 16 << 10
_MAX_ANSWER: Final = 256 << 20  # bytes: a manifest, and arrays


def trace_file(path: Path, *, pipeline: str | None = None, arguments: Sequence[str] = ()) -> Program:
    """Run a pipeline's file until the pipeline would run, and return what it has built.

    Args:
        path: the file.
        pipeline: which one, by variable or name, where the program builds several.
        arguments: the program's `sys.argv[1:]`.

    Raises:
        PipelineError: RM704, the program failed or exceeded a bound.
        CompileError: RM102, RM103, and what `Pipeline.to_manifest` raises.
    """
    answer = _answer(path, pipeline or "", list(arguments))
    if "error" in answer:
        told = answer["error"]
        raise CompileError(told["message"], code=told["code"], hint=told["hint"])
    data = {name: base64.b64decode(blob) for name, blob in answer["data"].items()}
    return traced_program(path, answer["manifest"], data)


def _answer(path: Path, wanted: str, arguments: list[str]) -> dict[str, Any]:
    # A file, not a pipe: a large answer cannot block, and what the program has started cannot keep it open.
    with tempfile.TemporaryFile() as answer:
        bounds = (answer.fileno(), _MAX_SECONDS, _MAX_MEMORY_MB)
        child = subprocess.Popen(
            [sys.executable, "-m", "remotemedia._traced", *map(str, bounds), wanted, str(path), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            pass_fds=[answer.fileno()],
            start_new_session=True,  # so that what the program has started ends with it
        )
        try:
            status = child.wait(_MAX_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise _failed(f"it took more than {_MAX_SECONDS} s") from error
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        answer.seek(0)
        text = answer.read(_MAX_ANSWER + 1)
    if len(text) > _MAX_ANSWER:
        raise _failed(f"what it built takes more than {_MAX_ANSWER} bytes")
    if not text:
        raise _failed(f"it ended with status {status} before a pipeline was started")
    document: dict[str, Any] = json.loads(text)
    return document


def _failed(why: str) -> PipelineError:
    return PipelineError(
        f"expected the program to build a pipeline when it is run, but {why}",
        code="RM704",
        hint="what it said stands above; a program that needs arguments takes them behind `--`",
    )
