"""The executor as a child process: `Executor.find().run(...)`.

Packets go to the child's stdout, events come back as JSON lines on a pipe, and a failure that the child reports is
raised here as the error its code names.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from remotemedia.errors import (
    ManifestError,
    NodeError,
    PackageError,
    PipelineError,
    RemoteMediaError,
    TrustError,
)
from remotemedia.runtime import onnxruntime
from remotemedia.runtime._control import control_stream
from remotemedia.runtime._events import read_events
from remotemedia.runtime._secrets import handed_over, without

NAME = "remotemedia-executor"
RUNNER = Path(__file__).parent / "_runner"

_KINDS: dict[str, type[RemoteMediaError]] = {"RM2": ManifestError, "RM3": PackageError, "RM5": TrustError}


@dataclass(frozen=True)
class Executor:
    """The executor's binary."""

    path: Path

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ) -> Executor:
        """What `REMOTEMEDIA_EXECUTOR` names, else the one installed with this package, else the one on the path."""
        installed = Path(sysconfig.get_path("scripts")) / NAME
        candidates = (environ.get("REMOTEMEDIA_EXECUTOR"), str(installed), NAME)
        for candidate in filter(None, candidates):
            if found := shutil.which(candidate):
                return cls(Path(found))
        raise PipelineError(
            f"expected the program `{NAME}` beside Python or on the path, found none",
            code="RM613",
            hint="install the wheel again, or name the program with `REMOTEMEDIA_EXECUTOR`",
        )

    def run(
        self,
        package: Path,
        digest: str,
        plan: Mapping[str, Any],
        *,
        directory: Path,
        home: Path,
        on_event: Callable[[dict[str, Any]], None],
        stdin: IO[bytes] | None = None,
        stdout: int | IO[bytes] | None = None,
        on_start: Callable[[subprocess.Popen[bytes]], None] = lambda _child: None,
        secrets: Mapping[str, str] = MappingProxyType({}),
        control: str | None = None,
    ) -> None:
        """Run a package to its end.

        `directory` takes the plan; `on_event` is called for every event of the run; `stdout` is where packets go, by
        default where this process's own output goes, and `stdin` is what is read as the input `-`; `on_start` is given
        the child; `secrets` reach the child through a pipe alone; `control` is a file or FIFO that is followed for what
        is asked of the run while it goes on, `-` stdin.
        """
        plan_file = directory / "plan.json"
        plan_file.write_text(json.dumps(plan), encoding="utf-8")
        reading, writing = os.pipe()
        command = [str(self.path), "run", "--package", str(package), "--digest", digest]
        command += ["--plan", str(plan_file), "--events-fd", str(writing), "--home", str(home)]
        with os.fdopen(reading, "rb") as events, _interrupts_go_to_child():
            try:
                with handed_over(secrets) as inherited, control_stream(control) as steering:
                    command += [word for number in inherited for word in ("--secrets-fd", str(number))]
                    command += [word for number in steering for word in ("--control-fd", str(number))]
                    child = subprocess.Popen(
                        [*command, *self._places()],
                        pass_fds=(writing, *inherited, *steering),
                        stdin=stdin,
                        stdout=stdout,
                        env=without(secrets, os.environ),
                    )
            finally:
                os.close(writing)
            on_start(child)
            with child:
                failure = _follow(events, on_event)
                status = child.wait()
        if failure is not None:
            raise failure
        if status != 0:
            how = f"by signal {-status}" if status < 0 else f"with status {status}"
            raise PipelineError(f"expected the executor to say how it ended, it ended {how}", code="RM613")

    def doctor(self) -> dict[str, Any]:
        """What the executor can run, and with which libraries."""
        done = subprocess.run([str(self.path), "doctor", *self._places()], check=True, capture_output=True, text=True)
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def _places(self) -> list[str]:
        library = onnxruntime.library()
        return ["--runner", str(RUNNER), *(["--onnxruntime", str(library)] if library else [])]


def _follow(events: IO[bytes], on_event: Callable[[dict[str, Any]], None]) -> RemoteMediaError | None:
    """Hand out events until the child has closed its end; the failure it reported, if any."""
    failure = None
    for event in read_events(events):
        if event["event"] == "error":
            failure = error_of(event["error"])
        on_event(event)
    return failure


def error_of(fields: Mapping[str, Any]) -> RemoteMediaError:
    """A failure as the executor or the engine reports it, as the exception its code belongs to."""
    code = fields["code"]
    kind = NodeError if fields.get("node") else _KINDS.get(code[:3], PipelineError)
    details = {key: value for key, value in fields.items() if key not in {"code", "message", "hint"}}
    return kind(fields["message"], code=code, hint=fields.get("hint"), **details)


@contextmanager
def _interrupts_go_to_child() -> Iterator[None]:
    """Ctrl-C reaches the child as well, which ends the run in order and says so; this process waits for its word."""
    try:
        before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    except ValueError:  # not the main thread: nothing to hand over
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
