"""A file of `trust/`: what is trusted, and above it, where there is more to say, settings in TOML.

    purpose = "timestamping"
    -----BEGIN CERTIFICATE-----
    …

Text before the first PEM block is explanatory, and whoever reads PEM passes over it (RFC 7468, section 2): OpenSSL and
cosign take these files as they are. One file for both makes one rename the whole change.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json

_BEGIN = b"-----BEGIN "
_QUOTES = "'''"

Setting = str | Sequence[str] | datetime


def headed(settings: Mapping[str, Setting], pem: bytes) -> bytes:
    """Write a file; raises `TrustError` RM506 for a text that cannot be printed."""
    return b"".join(f"{name} = {_toml(value)}\n".encode() for name, value in settings.items()) + pem


def parted(data: bytes, known: set[str]) -> tuple[dict[str, Any], bytes]:
    """Read a file: its settings, and the PEM below them; raises `ValueError`."""
    at = max(data.find(_BEGIN), 0)
    return settings_of(data[:at], known), data[at:]


def is_headed(data: bytes, known: set[str]) -> bool:
    """Say whether settings stand above the PEM, and not only what programs write there for people."""
    try:
        return bool(_parsed(data[: max(data.find(_BEGIN), 0)]).keys() & known)
    except ValueError:
        return False


def settings_of(head: bytes, known: set[str]) -> dict[str, Any]:
    """Read settings; raises `ValueError`, also for one that is not known."""
    settings = _parsed(head)
    if unknown := settings.keys() - known:
        raise ValueError(f"the setting {strict_json.shown(min(unknown))} is not known here")
    return settings


def _parsed(head: bytes) -> dict[str, Any]:
    if not head.strip():
        return {}
    import tomllib  # noqa: PLC0415 - slow to import, and few files have settings

    try:
        return tomllib.loads(head.decode())
    except ValueError as exc:
        raise ValueError(f"expected settings in TOML: {exc}") from exc


def quoted_json(document: Mapping[str, Any]) -> str:
    """Write a JSON object as a TOML text of several lines that is the same JSON, for people to read."""
    # In JSON an apostrophe and a control character stand in texts alone, where an escape means the same.
    text = json.dumps(document, indent=2, ensure_ascii=True).replace("'", "\\u0027")
    return f"{_QUOTES}\n{text}\n{_QUOTES}"


def _toml(value: Setting) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if not isinstance(value, str):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if not value.isprintable():
        raise TrustError(f"expected a printable text, got {strict_json.shown(value)}", code="RM506")
    return strict_json.dumps(value).decode()  # a printable JSON string is a TOML one
