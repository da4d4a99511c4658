"""Events of the executor, read as a stranger's."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from remotemedia.runtime import _events
from remotemedia.runtime._events import MAX_LINE, read_events
from remotemedia.runtime.executor import error_of
from remotemedia.schemas import execution

STAGE = {"event": "stage", "at_ms": 1.5, "name": "open"}
CAUSE = {"kind": "stderr", "message": "oh", "trace": None}
FAILURE: dict[str, Any] = {"code": "RM603", "message": "late", "causes": [CAUSE]}


def read(*lines: bytes | dict[str, Any]) -> list[dict[str, Any]]:
    text = [it if isinstance(it, bytes) else json.dumps(it).encode() + b"\n" for it in lines]
    return list(read_events(io.BytesIO(b"".join(text))))


def test_events_are_given_as_they_are() -> None:
    error: dict[str, Any] = {"event": "error", "at_ms": 2, "error": {**FAILURE, "node": "n", "seq": 3}}
    assert read(STAGE, error) == [STAGE, error]
    assert error_of(error["error"]).code == "RM603"


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"hello\n",
        b"[]\n",
        b"\xff\n",
        b"[" * 100_000 + b"\n",
        b'{"event": "error"}\n',
        b'{"event": ["stage"], "at_ms": 1, "name": "open"}\n',
        {"event": "stage", "name": "open"},
        {"event": "other", "at_ms": 1},
        {"event": "log", "at_ms": 1, "node": "n", "level": "info", "message": 3},
        {"event": "error", "at_ms": 1, "error": {"code": "RM603"}},
        {"event": "error", "at_ms": 1, "error": {**FAILURE, "code": "RM\u0666\u0660\u0663"}},
        {"event": "error", "at_ms": 1, "error": {**FAILURE, "self": 1}},
        {"event": "error", "at_ms": 1, "error": {**FAILURE, "causes": [{"kind": "k"}]}},
        {"event": "set", "at_ms": 1, "node": "n", "param": "p", "ok": False, "error": []},
        b'{"event": "stage", "at_ms": 1, "name": "' + b"x" * MAX_LINE + b'"}\n',
        b'{"event": "stage", "at_ms": 1, "name": "cut"}',
    ],
    ids=lambda it: it[:40].decode(errors="replace") if isinstance(it, bytes) else json.dumps(it)[:60],
)
def test_what_is_no_event_is_passed_over_and_told_once(line: bytes | dict[str, Any]) -> None:
    lines = [STAGE, line] if isinstance(line, bytes) and not line.endswith(b"\n") else [STAGE, line, line, STAGE]
    first, notice, *others = read(*lines)
    assert first == STAGE
    assert notice["event"] == "notice"
    assert notice["at_ms"] == STAGE["at_ms"]
    assert others == [STAGE] * (len(lines) // 4)


def test_texts_have_no_control_characters() -> None:
    log = {"event": "log", "at_ms": 1, "node": "n", "level": "info", "message": "a\x1b[2J\tb\x9b1m\u202ec\ud800\r\n"}
    (told,) = read(log)
    assert told["message"] == "a\ufffd[2J\tb\ufffd1m\ufffdc\ufffd\ufffd\n"
    raw = json.dumps({**log, "message": "\x9b\u202e"}, ensure_ascii=False).encode() + b"\n"
    assert read(raw)[0]["message"] == "\ufffd\ufffd"


def test_every_event_of_the_schema_is_known_with_what_it_has_in_any_case() -> None:
    models = [it for name, it in vars(execution).items() if name.endswith("Event") and name != "Event"]
    wanted = {
        model.model_fields["event"].annotation.__args__[0]: {
            name for name, field in model.model_fields.items() if field.is_required()
        }
        - {"event", "at_ms"}
        for model in models
    }
    assert {kind: set(shape) for kind, shape in _events._SHAPES.items()} == wanted
