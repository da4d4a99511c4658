"""The one way this room writes JSON that is hashed."""

import json


def canonical_json(value: object) -> bytes:
    """Compact UTF-8 JSON with sorted keys, so that equal values have equal digests.

    This is not RFC 8785: `1` and `1.0` stay apart, since a node may tell an `int` from a `float`.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.encode()
