"""One method, tried on one model, in a process of its own: `python -P -m …optimize._worker REQUEST RESULT`.

The tools crash, hang and swell on odd models; that must end this process and no other. REQUEST and RESULT are JSON
files; `_attempt.py` is the other side.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from remotemedia.packager.optimize._reasons import Reason
from remotemedia.packager.optimize._refusals import KeptError, UnreadableError, UnusableDataError


def main() -> None:
    """Do what the request says, within its limits."""
    request, result = map(Path, sys.argv[1:3])
    document = json.loads(request.read_bytes())
    _limit(document["memory"], document["seconds"])
    result.write_text(json.dumps(_answer(document)))


def _answer(document: dict[str, Any]) -> dict[str, Any]:
    # The tools are loaded within the limits.
    from remotemedia.packager.optimize._trial import Task, attempt  # noqa: PLC0415

    try:
        return attempt(Task.read(document))
    except KeptError as kept:
        return {"reason": kept.reason, "detail": kept.detail}
    except UnreadableError as error:
        return {"unreadable": str(error)}
    except UnusableDataError as error:
        return {"unusable": str(error)}
    except MemoryError:
        return {"reason": Reason.LIMIT, "detail": "memory"}


def _limit(memory: int, seconds: int) -> None:
    """Bound this process.

    Args:
        memory: bytes of address space.
        seconds: of processor time.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
