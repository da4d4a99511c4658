"""Python values as lines of JSON, and back: `schemas/packet.md`, "Packets as JSON lines", with envelopes.

line = to_line((samples, 16000))  # {"value":{"$audio":{…},"data":"…"}}
from_line(line)  # (ndarray, 16000)
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from remotemedia.values import decode, encode

__all__ = ["from_line", "to_line"]

_AUDIO, _TENSOR, _TEXT, _JSON, _BYTES = 1, 3, 4, 5, 6  # as in `schemas/node.wit`
_NAMES: Final = {"$audio": _AUDIO, "$tensor": _TENSOR, "$json": _JSON, "$bytes": _BYTES}


def to_line(value: object) -> bytes | None:
    """Return the line of a value, with its line feed; None where there is no packet.

    Raises:
        UnsupportedValueError: the value, or something in it, is not in the table.
    """
    body = encode(value)
    if body is None:
        return None
    meta = f'"meta":{body.meta},' if body.meta else ""
    return f'{{{meta}"value":{_text(body.kind, body.head, body.data)}}}\n'.encode()


def from_line(line: bytes) -> Any:
    """Return the value of a line that the engine wrote.

    Raises:
        MalformedBodyError: it is no such line.
    """
    envelope = json.loads(line)
    value = envelope["value"]
    meta = json.dumps(envelope["meta"]) if "meta" in envelope else ""
    if isinstance(value, str):
        return value
    name = next(iter(value), None) if isinstance(value, dict) else None
    if name not in _NAMES:
        return decode(_JSON, json.dumps(value), "", b"", numpy=True)
    kind, head = _NAMES[name], value[name]
    if kind == _BYTES:
        return base64.b64decode(head)
    data = base64.b64decode(value.get("data", ""))
    return decode(kind, head if kind == _JSON else json.dumps(head), meta, data, numpy=True)


def _text(kind: int, head: str, data: Any) -> str:
    """Return a body as JSON."""
    if kind == _TEXT:
        return json.dumps(head, ensure_ascii=False)
    if kind == _JSON and '"$' not in head:
        return head
    encoded = base64.b64encode(data).decode()
    if kind == _BYTES:
        return f'{{"$bytes":"{encoded}"}}'
    name = next(name for name, number in _NAMES.items() if number == kind)
    return f'{{"{name}":{json.dumps(head) if kind == _JSON else head},"data":"{encoded}"}}'
