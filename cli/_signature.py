"""A verdict in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remotemedia.trust import Verdict


def signature_line(verdict: Verdict) -> str:
    """Who signed, and whether that is somebody the user trusts."""
    if verdict.status == "trusted":
        return f"signed by `{verdict.key_name}` ({verdict.fingerprint}), trusted"
    if verdict.status == "untrusted":
        return f"signed by {verdict.fingerprint}, not trusted"
    return "not signed"
