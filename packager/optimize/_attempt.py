"""The other side of `_worker.py`: starts it, waits for it, and knows what its end means."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from remotemedia.errors import PackageError
from remotemedia.packager._clock import rfc3339
from remotemedia.packager.optimize._calibration import unusable
from remotemedia.packager.optimize._methods import Method
from remotemedia.packager.optimize._outcome import Attempt, Trial
from remotemedia.packager.optimize._reasons import Reason

_WORKER: Final = "remotemedia.packager.optimize._worker"
_SECONDS: Final = 300
_MEMORY: Final = 6 << 30
_COPIES: Final = 16  # of a model that its tools hold at once, at the most


@dataclass(frozen=True)
class Limits:
    """What an attempt may take.

    Attributes:
        seconds: of wall time, and per processor of processor time.
        memory: bytes of address space.
    """

    seconds: float
    memory: int

    @classmethod
    def of(cls, size: int) -> "Limits":
        """Those for a model of a size in bytes, with the weights of other files."""
        return cls(_SECONDS + size / 1e6, _MEMORY + _COPIES * size)


def try_method(request: dict[str, Any], place: Path, name: str, limits: Limits) -> Trial:
    """Try one method on one model in a process of its own.

    Args:
        request: the fields of a `Task`, as JSON.
        place: an empty directory.
        name: of the model, for messages.
        limits: what the process may take.

    Raises:
        PackageError: RM317, the file is no model; RM316, the data to calibrate with cannot be used.
    """
    method = Method(request["method"])
    asked, answer = place / "request.json", place / "result.json"
    asked.write_text(json.dumps({**request, "memory": limits.memory, "seconds": int(limits.seconds * 2) + 1}))
    command = [sys.executable, "-P", "-m", _WORKER, str(asked), str(answer)]
    try:
        ended = subprocess.run(
            command,
            cwd=place,
            env={**os.environ, "PYTHONHASHSEED": "0"},  # whatever sets the tools walk through, they do it in one order
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Trial(Attempt(method, Reason.LIMIT, detail=f"{limits.seconds:g} seconds"))
    if ended.returncode != 0 or not answer.is_file():
        return Trial(Attempt(method, Reason.CRASHED, detail=_ending(ended.returncode)))
    return _trial(method, json.loads(answer.read_bytes()), Path(request["target"]), name)


def _trial(method: Method, found: dict[str, Any], target: Path, name: str) -> Trial:
    if "unreadable" in found:
        raise PackageError(
            f"expected `{name}` to be {found['unreadable']}",
            code="RM317",
            hint="export the model again, or build without `--optimize`",
            path=name,
        )
    if "unusable" in found:
        raise unusable(name, found["unusable"])
    seconds = found.get("seconds")
    reason = Reason(found["reason"])
    attempt = Attempt(
        method,
        reason,
        size=found.get("size"),
        error=found.get("error"),
        seconds=(seconds[0], seconds[1]) if seconds else None,
        detail=found.get("detail", ""),
        measured=rfc3339(int(time.time())) if "error" in found else None,
    )
    return Trial(attempt, found.get("inputs"), target if reason is Reason.CHOSEN else None)


def _ending(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
