"""Doing several things at once, a bounded number, until all are done or one fails."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence

_LEAVE_SECONDS = 2.0  # one that waits for a server may be left behind: its next step ends it


class GivenUpError(Exception):
    """Another task has failed, or the user has had enough: this one is to end."""


class Workers:
    """Runs tasks in `jobs` threads. A task calls `check` now and then; it raises once there is no use in going on."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._given_up = threading.Event()
        self._failures: list[BaseException] = []
        self._ended: queue.SimpleQueue[None] = queue.SimpleQueue()

    def check(self) -> None:
        """Raise `GivenUpError` if the others have given up."""
        if self._given_up.is_set():
            raise GivenUpError

    def run(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Run them all, in order of their start; raises what the first one to fail raised."""
        if min(self._jobs, len(tasks)) <= 1:
            for task in tasks:
                task()
            return
        waiting = iter(tasks)
        # Daemons, so that a program that ends does not wait for a server that is silent.
        threads = [
            threading.Thread(target=self._work, args=(waiting,), name=f"transfer-{number}", daemon=True)
            for number in range(min(self._jobs, len(tasks)))
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in threads:
                self._ended.get()
                if self._failures:
                    raise self._failures[0]
        finally:
            self._given_up.set()
            deadline = time.monotonic() + _LEAVE_SECONDS
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self, waiting: Iterator[Callable[[], None]]) -> None:
        try:
            for task in waiting:
                self.check()
                task()
        except BaseException as exc:  # noqa: BLE001 - the thread that waits raises it
            self._failures.append(exc)
        finally:
            self._ended.put(None)
