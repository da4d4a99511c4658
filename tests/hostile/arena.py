"""A hostile node and its neighbour in one real executor, watched from outside.

    with Arena(package, plan, home) as arena:
        verdict = arena.provoke("while True: pass")

The input goes to both nodes. `/` before a text makes it the hostile node's code; of any other that node emits nothing.
The neighbour passes everything on: the time from the writing of a line to its coming back is the neighbour's latency.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from remotemedia.runtime import onnxruntime
from remotemedia.runtime.executor import RUNNER, Executor

__all__ = ["Arena", "Verdict", "family"]

PACE = 0.005
"""Seconds from one packet to the next."""
PATIENCE = 30.0
"""Seconds after which a run that does not end is a failure."""


@dataclass
class Verdict:
    """What came of one behaviour.

    Attributes:
        error: what the executor reported, if anything.
        seconds: from the writing of the packet to the report, or to the neighbour's last packet.
        status: of the executor; None while it runs.
        peak: bytes, the most that executor and children were seen to have resident together.
        before: latencies of the neighbour in seconds, before the packet.
        during: and after it.
        events: all that the executor told.
    """

    error: Mapping[str, Any] | None
    seconds: float
    status: int | None
    peak: int
    before: list[float]
    during: list[float]
    events: list[dict[str, Any]] = field(repr=False)


class Arena:
    """One executor that is fed, timed and measured."""

    def __init__(self, package: Path, digest: str, plan: Mapping[str, Any], place: Path) -> None:
        self._command = [str(Executor.find().path), "run", "--package", str(package), "--digest", digest]
        library = onnxruntime.library()
        self._command += ["--runner", str(RUNNER), "--home", str(place / "home"), "--input", "-"]
        self._command += ["--onnxruntime", str(library)] if library else []
        plan_file = place / "plan.json"
        plan_file.write_text(json.dumps(plan))
        self._command += ["--plan", str(plan_file)]
        self._written: dict[str, float] = {}
        self._latency: list[tuple[float, float]] = []
        self.events: list[dict[str, Any]] = []
        """All that the executor has told."""
        self._failed = threading.Event()
        self._started = threading.Event()
        self._failed_at = 0.0
        self._peak = 0
        self.seen: set[int] = set()
        """Every process that belonged to the executor."""

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        self.child = subprocess.Popen(
            [*self._command, "--events-fd", str(writing)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(writing,),
            env={name: os.environ[name] for name in ("REMOTEMEDIA_RUSTPYTHON",) if name in os.environ},
        )
        os.close(writing)
        assert self.child.stdout is not None
        self._threads = [
            threading.Thread(target=self._hear, args=(os.fdopen(reading, "rb"),)),
            threading.Thread(target=self._take, args=(self.child.stdout,)),
            threading.Thread(target=self._measure),
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.child.stdin is not None and not self.child.stdin.closed:
            self._close(self.child.stdin)
        try:
            self.child.wait(PATIENCE)
        finally:
            self.child.kill()
            self.child.wait()
            for thread in self._threads:
                thread.join()

    def provoke(self, code: str, *, packets: int = 20) -> Verdict:
        """Send harmless packets, then the hostile one among further ones, until the run fails or all came back."""
        self.settle()
        for number in range(packets):
            self._send(f"before {number}", PACE)
        self._until(lambda: self._failed.is_set() or len(self._latency) >= packets)
        begun = time.perf_counter()
        self._send(f"/{code}", 0)
        number = 0
        while not self._failed.is_set() and number < 3 * packets:
            self._send(f"during {number}", PACE)
            number += 1
        if self.child.stdin is not None:
            self._close(self.child.stdin)
        status = self.child.wait(PATIENCE)
        for thread in self._threads:
            thread.join()
        ended = self._failed_at if self._failed.is_set() else max((at for at, _ in self._latency), default=begun)
        error = next((it["error"] for it in self.events if it["event"] == "error"), None)
        before = [took for at, took in self._latency if at <= begun]
        during = [took for at, took in self._latency if at > begun]
        return Verdict(error, ended - begun, status, self._peak, before, during, self.events)

    def settle(self) -> None:
        """Wait until the nodes run."""
        self._send("first", 0)
        self._until(lambda: self._failed.is_set() or bool(self._latency))
        self._latency.clear()

    def strike(self, code: str, times: int) -> None:
        """Send the hostile packet so many times, each when the failure before it was handled."""
        for _ in range(times):
            handled = self._handled()
            self._send(f"/{code}", 0)
            self._until(partial(self._is_handled, handled + 1))

    def holds(self) -> tuple[int, int]:
        """How many processes there are, and how many descriptors they have open."""
        processes = family(self.child.pid)
        return len(processes), sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in processes)

    def _handled(self) -> int:
        return sum(event["event"] == "failure_handled" for event in self.events)

    def _is_handled(self, count: int) -> bool:
        return self._handled() >= count

    def _send(self, text: str, pause: float) -> None:
        assert self.child.stdin is not None
        self._written[text] = time.perf_counter()
        try:
            self.child.stdin.write(json.dumps(text).encode() + b"\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            self._failed.wait(PATIENCE)
        if pause:
            time.sleep(pause)

    def _close(self, stdin: IO[bytes]) -> None:
        with suppress(BrokenPipeError):
            stdin.close()

    def _until(self, done: Callable[[], bool]) -> None:
        begun = time.perf_counter()
        while not done():
            assert time.perf_counter() - begun < PATIENCE, f"nothing came back: {self.events}"
            time.sleep(PACE)

    def _hear(self, events: IO[bytes]) -> None:
        with events:
            for line in events:
                event = json.loads(line)
                if event["event"] == "error":
                    self._failed_at = time.perf_counter()
                    self._failed.set()
                self.events.append(event)

    def _take(self, stdout: IO[bytes]) -> None:
        with stdout:
            for line in stdout:
                at = time.perf_counter()
                written = self._written.get(json.loads(line)) if line.startswith(b'"') and len(line) < 10**5 else None
                if written is not None:
                    self._latency.append((at, at - written))

    def _measure(self) -> None:
        while self.child.poll() is None:
            processes = family(self.child.pid)
            self.seen.update(processes)
            self._peak = max(self._peak, sum(map(_resident, processes)))
            time.sleep(0.02)


def family(pid: int) -> list[int]:
    """A process with its children and theirs; those that end meanwhile are left out."""
    found = [pid]
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        for task in tasks:
            for child in (task / "children").read_text().split():
                found += family(int(child))
    except OSError:
        pass
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
