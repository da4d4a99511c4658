"""The blobs of the simulated registry on their way out: whole or in ranges, cut off, dripping or silent on request."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulators.registry._handler import Handler

_LONGEST_SILENCE = 10.0  # seconds; who waits longer has failed


def give(handler: Handler) -> None:
    """`GET`, `HEAD`: a blob, or a range of it."""
    faults = handler.simulator.faults
    data = handler.simulator.repository(handler.name).blobs.get(handler.last)
    if data is None:
        handler.error(404, "BLOB_UNKNOWN")
        return
    if faults.blobs_at is not None and handler.command == "GET":
        handler.answer(307, Location=f"{faults.blobs_at}{handler.path}")
        return
    if faults.silent is not None and faults.silent_after is None and handler.command == "GET":
        faults.silent.wait(_LONGEST_SILENCE)
    data = tampered(handler, handler.last, data)
    start, end = 0, len(data)
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
    headers = {"Content_Type": "application/octet-stream", "Docker_Content_Digest": handler.last}
    if asked is not None and faults.refuses_range:
        handler.error(416, "RANGE_INVALID")
        return
    if ranged := asked is not None and not faults.ignores_range:
        start = int(asked[1])
        end = min(int(asked[2] or end) + 1, end, start + (faults.longest_range or end))
        headers["Content_Range"] = (
            f"bytes {start}-{end - 1}/{len(data)}" if faults.wrong_range is None else faults.wrong_range
        )
    headers["Content_Length"] = str(end - start + faults.extra_length.get(handler.last, 0))
    cuts = faults.resets.get(handler.last)
    cut = cuts.pop(0) if cuts and handler.command == "GET" else None
    _send(handler, 206 if ranged else 200, data[start:end][:cut], headers)
    if cut is not None:
        handler.reset()
    handler.close_connection = handler.close_connection or handler.last in faults.extra_length


def tampered(handler: Handler, digest: str, data: bytes) -> bytes:
    """Give what is sent for a digest: with a byte changed, if that is wished for."""
    if digest not in handler.simulator.faults.tampered:
        return data
    return data[:-1] + bytes([data[-1] ^ 1])


def _send(handler: Handler, status: int, data: bytes, headers: dict[str, str]) -> None:
    faults = handler.simulator.faults
    handler.answer(status, b"", **headers)
    if handler.command == "HEAD":
        return
    if faults.drips is not None:
        for byte in data:
            handler.wfile.write(bytes([byte]))
            time.sleep(faults.drips)
    silence, first = faults.silent, faults.silent_after
    if silence is not None and first is not None and len(data) > first:
        _count(handler, data[:first])
        silence.wait(_LONGEST_SILENCE)
        data = data[first:]
    _count(handler, data)


def _count(handler: Handler, data: bytes) -> None:
    handler.wfile.write(data)
    with handler.simulator.lock:
        handler.simulator.sent += len(data)
