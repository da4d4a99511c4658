"""Workers that do not behave: each a typed failure near its deadline, and nothing left behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.runtime.workers import RunInWorker, left_behind

# Beside the node's own second: starting the executor and the interpreter on a busy machine.
SLACK = 8.0

BEHAVIOURS = {
    "loop": ("while True: pass", "RM603"),
    "stubborn loop": (
        "while True:\n            try:\n                while True: pass\n            except BaseException: pass",
        "RM603",
    ),
    "sleep": ("import time; time.sleep(1e6)", "RM603"),
    "regular expression": ("import re; re.match('(a+)+$', 'a' * 60 + 'b')", "RM603"),
    "memory bomb": ("x = []\n        while True: x.append(bytearray(1 << 20))", "RM604"),
    "one large allocation": ("return len(bytearray(1 << 36))", "RM604"),
    "exit": ("import os; os._exit(3)", "RM611"),
    "abort": ("import os; os.abort()", "RM611"),
    "null pointer": ("import ctypes; ctypes.string_at(0)", "RM611"),
    "fork": ("import os\n        while True: os.fork()", "RM602"),
    "a program": ("import subprocess; subprocess.run(['/bin/true'])", "RM602"),
    "kill the parent": ("import os; os.kill(os.getppid(), 9)", "RM602"),
    "read a file": ("return open('/etc/passwd').read()", "RM602"),
    "read through /proc": ("return open('/proc/self/root/etc/passwd').read()", "RM602"),
    "list a directory": ("import os; return os.listdir('/root')", "RM602"),
    "write a file": ("open('/tmp/remotemedia-hostile', 'w')", "RM602"),
    "connect out": ("import socket; socket.create_connection(('127.0.0.1', 9), 1)", "RM602"),
    "listen": ("import socket; socket.socket().listen()", "RM602"),
    "leak descriptors": ("import os\n        while True: os.open('/dev/null', os.O_RDONLY)", "RM602"),
    "a huge result": ("return b'x' * (300 << 20)", "RM607"),
    "close everything": ("import os; os.closerange(0, 100)\n        return v", "RM611"),
    "a value that cannot travel": ("return object()", "RM605"),
    "deep recursion": ("import sys; sys.setrecursionlimit(10**9)\n        f = lambda: f()\n        f()", "RM6"),
}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_it_ends_with_a_typed_failure(behaviour: str, run_in_worker: RunInWorker, tmp_path: Path) -> None:
    code, expected = BEHAVIOURS[behaviour]
    before = _processes()
    ran = run_in_worker(f"class N(Node):\n    def process(self, v):\n        {code}", timeout_s=1, memory_mb=512)
    assert ran.code.startswith(expected), ran.told
    assert ran.seconds < 1 + SLACK
    assert left_behind(tmp_path) == []
    assert _left(before) == set()


def test_a_flood_of_log_is_cut_and_the_node_goes_on(run_in_worker: RunInWorker) -> None:
    code = "for _ in range(20_000): print('\\x1b[2Jagain')\n        return v"
    ran = run_in_worker(f"class N(Node):\n    def process(self, v):\n        {code}")
    assert ran.values == [1]
    assert "bytes of log were cut" in ran.told
    assert "\x1b" not in ran.told
    assert len(ran.told) < 1 << 20


def _processes() -> set[int]:
    """Ids of the processes of this user that are workers."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"remotemedia.runtime._worker" in line and (entry / "stat").exists():
                found.add(int(entry.name))
    return found - {os.getpid()}


def _left(before: set[int]) -> set[int]:
    """Workers that are there now and were not; those of other runs of this machine end by themselves."""
    until = time.monotonic() + 2
    while (left := _processes() - before) and time.monotonic() < until:
        time.sleep(0.02)
    return left
