"""What the executor tells while it runs: JSON lines, read as a stranger's, since what it runs is one's.

for event in read_events(stream):
    print(event["event"], event["at_ms"])
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

__all__ = ["MAX_LINE", "read_events"]

MAX_LINE: Final = 16 << 20
"""Bytes of the longest line that is taken."""

_NUMBER: Final = (int, float)
_SHAPES: Final[Mapping[str, Mapping[str, type | tuple[type, ...]]]] = {
    "stage": {"name": str},
    "notice": {"message": str},
    "log": {"node": str, "level": str, "message": str},
    "metrics": {"report": dict},
    "failure_handled": {"node": str, "action": str, "error": dict},
    "probe": {"tracks": list, "series": list, "segments": list, "dropped": int},
    "checkpoint": {"n": int, "bytes": int, "pause_ms": _NUMBER},
    "set": {"node": str, "param": str, "ok": bool},
    "error": {"error": dict},
    "done": {"report": dict},
}
"""What an event has in any case, beside `event` and `at_ms` (`schemas/execution.py`)."""

_CODE: Final = re.compile(r"RM[1-7]\d{2}", re.ASCII)
# What moves a terminal's cursor or turns the direction of its text, and halves of characters, which cannot be written.
_HARMFUL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# The same as JSON may write it; lines without any, which are nearly all, are not looked through value by value.
_SUSPICIOUS: Final = re.compile(rf"\\[bfru]|{_HARMFUL.pattern}")


def read_events(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Give the events of a stream until its end, their texts without control characters.

    A line that is no event is passed over; in the place of the first one comes a notice.
    """
    at_ms, is_told = 0.0, False
    while line := stream.readline(MAX_LINE):
        event = _event(line)
        if not line.endswith(b"\n"):
            event = None
            _pass_over_the_rest(stream)
        if event is not None:
            at_ms = event["at_ms"]
            yield event
        elif not is_told:
            is_told = True
            message = "what the executor said was passed over: it is no event that this version knows"
            yield {"event": "notice", "at_ms": at_ms, "message": message}


def _pass_over_the_rest(stream: IO[bytes]) -> None:
    while (more := stream.readline(MAX_LINE)) and not more.endswith(b"\n"):
        pass


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        text = line.decode()
        event = json.loads(text)
        if not _is_event(event):
            return None
        return _clean(event) if _SUSPICIOUS.search(text) else event  # type: ignore[no-any-return] # `_is_event` has seen it
    except (ValueError, RecursionError):
        return None


def _is_event(event: object) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("at_ms"), _NUMBER):
        return False
    kind = event.get("event")
    shape = _SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None or not all(isinstance(event.get(name), of) for name, of in shape.items()):
        return False
    return event.get("error") is None or _is_failure(event["error"])


def _is_failure(failure: object) -> bool:
    if not isinstance(failure, dict):
        return False
    code, hint, causes = failure.get("code"), failure.get("hint"), failure.get("causes")
    return (
        isinstance(code, str)
        and _CODE.fullmatch(code) is not None
        and isinstance(failure.get("message"), str)
        and (hint is None or isinstance(hint, str))
        and (causes is None or (isinstance(causes, list) and all(map(_is_cause, causes))))
        and "self" not in failure  # what belongs to a failure becomes arguments of an exception
    )


def _is_cause(cause: object) -> bool:
    if not isinstance(cause, dict):
        return False
    kind, message, trace = cause.get("kind"), cause.get("message"), cause.get("trace")
    return isinstance(kind, str) and isinstance(message, str) and (trace is None or isinstance(trace, str))


def _clean(value: Any) -> Any:
    match value:
        case str():
            return _HARMFUL.sub("\ufffd", value)
        case list():
            return [_clean(item) for item in value]
        case dict():
            return {_clean(name): _clean(item) for name, item in value.items()}
    return value
