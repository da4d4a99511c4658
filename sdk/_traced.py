"""Runs a pipeline's file up to the point where the pipeline would run, and says what was built.

    python -m remotemedia._traced FD SECONDS MEMORY_MB NAME FILE [ARGUMENT…]

Started by `remotemedia.runtime.trace` in a process of its own. The answer goes to the descriptor as one JSON object:
`{"manifest": …, "data": {path: base64}}`, or `{"error": {"code", "message", "hint"}}`. What the program prints goes to
stderr.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
import traceback
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NoReturn

from remotemedia._project import Project
from remotemedia.errors import CompileError, RemoteMediaError
from remotemedia.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator

_STARTS: Final = ("run", "run_sync", "process", "managed_execution", "initialize")
"""Methods by which a program starts a pipeline."""

_MIB: Final = 1 << 20


class _Nothing:
    """What a pipeline that is not wanted gives when it is started: no results, however they are asked for."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    async def __aiter__(self) -> AsyncIterator[Any]:
        for each in self:
            yield each

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


class _Capture:
    """Notes every pipeline that is made, and answers with the wanted one as soon as it is started."""

    def __init__(self, answer: Callable[[dict[str, Any]], NoReturn], wanted: str) -> None:
        self._answer = answer
        self._wanted = wanted
        self.made: list[Pipeline] = []

    def install(self) -> None:
        original, made = Pipeline.__init__, self.made

        # By these names the pipeline sees a constructor, and looks for its source file in the frame above.
        def __init__(self: Pipeline, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            original(self, *args, **kwargs)
            made.append(self)

        def started(pipeline: Pipeline, *_args: Any, **_kwargs: Any) -> _Nothing:
            if not self._wanted or self._wanted in _names(pipeline):
                self._answer(_described(pipeline))
            return _Nothing()

        Pipeline.__init__ = __init__  # type: ignore[method-assign]  # this process exists for nothing else
        for name in _STARTS:
            setattr(Pipeline, name, started)

    def end(self) -> NoReturn:
        """Answer for a program that has come to its end without starting what is wanted."""
        meant = [pipeline for pipeline in self.made if not self._wanted or self._wanted in _names(pipeline)]
        if len(meant) == 1:
            self._answer(_described(meant[0]))
        listed = ", ".join(f"`{pipeline.name}`" for pipeline in self.made) or "none"
        code = "RM103" if meant else "RM102"
        message = f"expected one pipeline when the program was run, got {listed}"
        self._answer(_error(CompileError(message, code=code, hint="name the one that is meant with `--pipeline NAME`")))


def _names(pipeline: Pipeline) -> set[str]:
    variables = vars(sys.modules["__main__"])
    return {pipeline.name, *(name for name, value in variables.items() if value is pipeline)}


def _described(pipeline: Pipeline) -> dict[str, Any]:
    try:
        manifest, data = pipeline.to_manifest(), pipeline.arrays()
    except RemoteMediaError as error:
        return _error(error)
    return {"manifest": manifest, "data": {path: base64.b64encode(blob).decode() for path, blob in data.items()}}


def _error(error: RemoteMediaError) -> dict[str, Any]:
    return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}


def _limit(seconds: int, memory_mb: int) -> None:
    """Bound what the program may use (setrlimit(2)); it can lower these limits, not raise them."""
    for kind, bound in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory_mb * _MIB),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


def _run(project: Project, arguments: list[str]) -> None:
    """Execute the file as `__main__`, as Python itself would."""
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__file__ = str(project.source)
    main.__package__ = project.module(project.source).rpartition(".")[0] or None
    sys.argv = [str(project.source), *arguments]
    sys.path.insert(0, str(project.root))
    try:
        exec(compile(project.source.read_bytes(), project.source, "exec"), vars(main))  # noqa: S102 - asked for by the author
    except Exception as error:  # noqa: BLE001 - whatever a program may raise
        # The program's own part of the traceback, as if nothing stood around it.
        own = error.__traceback__.tb_next if error.__traceback__ is not None else None
        sys.exit("".join(traceback.format_exception(error.with_traceback(own))))


def main(  # noqa: PLR0917 - as the command line has them
    fd: int, seconds: int, memory_mb: int, wanted: str, file: str, arguments: list[str]
) -> NoReturn:
    """Run the file, answer, and end at once: nothing of the program runs after its answer."""

    def answer(document: dict[str, Any]) -> NoReturn:
        with os.fdopen(fd, "w", encoding="utf-8") as out:
            json.dump(document, out)
        sys.stdout.flush()
        os._exit(0)

    capture = _Capture(answer, wanted)
    capture.install()
    _limit(seconds, memory_mb)
    _run(Project.of(file), arguments)
    capture.end()


if __name__ == "__main__":
    _fd, _seconds, _memory_mb, _wanted, _file, *_arguments = sys.argv[1:]
    main(int(_fd), int(_seconds), int(_memory_mb), _wanted, _file, _arguments)
