"""The uploads of the simulated registry: in one piece or in several, asked how far they are, cut off on request."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulators.registry import Handler, RegistrySimulator

_STEP = 1 << 16


def start(handler: Handler) -> None:
    """`POST`: a blob that another repository has is mounted, otherwise an upload is opened."""
    simulator = handler.simulator
    handler.read_body()
    mount, origin = handler.query.get("mount"), handler.query.get("from", "")
    there = simulator.repository(origin).blobs.get(mount or "")
    if mount is not None and there is not None and simulator.mounts:
        simulator.repository(handler.name).blobs[mount] = there
        handler.answer(201, Location=f"/v2/{handler.name}/blobs/{mount}", Docker_Content_Digest=mount)
        return
    upload = secrets.token_hex(8)
    simulator.uploads[upload] = bytearray()
    headers = {"Location": _location(handler, upload)}
    if simulator.least_chunk is not None:
        headers["OCI_Chunk_Min_Length"] = str(simulator.least_chunk)
    handler.answer(202, b"", **headers)


def tell(handler: Handler) -> None:
    """`GET`: how much of the upload has arrived."""
    simulator = handler.simulator
    if handler.last not in simulator.uploads or not simulator.tells_progress:
        handler.error(404, "BLOB_UPLOAD_UNKNOWN")
        return
    handler.answer(204, Location=_location(handler, handler.last), Range=_arrived(simulator, handler.last))


def append(handler: Handler) -> None:
    """`PATCH`: one piece, which must begin where the last one ended."""
    simulator = handler.simulator
    wanted = re.fullmatch(r"(\d+)-(\d+)", handler.headers.get("Content-Range", ""))
    if handler.last not in simulator.uploads or wanted is None:
        handler.error(404, "BLOB_UPLOAD_UNKNOWN")
    elif int(wanted[1]) != len(simulator.uploads[handler.last]):
        handler.error(416, "RANGE_INVALID")
    elif _is_too_large(handler) or _receive(handler):
        return
    else:
        handler.answer(
            202, Location=_location(handler, handler.last), Range=_arrived(simulator, handler.last), Content_Length="0"
        )


def finish(handler: Handler) -> None:
    """`PUT`: the rest, and the digest of it all."""
    simulator = handler.simulator
    if handler.last not in simulator.uploads:
        handler.error(404, "BLOB_UPLOAD_UNKNOWN")
        return
    if _is_too_large(handler) or _receive(handler):
        return
    data = bytes(simulator.uploads[handler.last])
    digest = simulator.digest_of(data)
    if digest != handler.query["digest"] or simulator.faults.refuses_digests:
        handler.error(400, "DIGEST_INVALID")
        return
    del simulator.uploads[handler.last]
    simulator.repository(handler.name).blobs[digest] = data
    handler.answer(201, Location=f"/v2/{handler.name}/blobs/{digest}", Docker_Content_Digest=digest)


def _receive(handler: Handler) -> bool:
    """Take the body as it comes; says whether the connection was cut off on the way."""
    simulator = handler.simulator
    with simulator.lock:
        cuts = simulator.faults.upload_cuts
        limit = cuts.pop(0) if cuts and handler.unread else None
    upload = simulator.uploads[handler.last]
    taken = 0
    while handler.unread and (limit is None or taken < limit):
        piece = handler.rfile.read(min(_STEP, handler.unread, handler.unread if limit is None else limit - taken))
        if not piece:
            handler.close_connection = True
            return True
        upload += piece
        taken += len(piece)
        handler.unread -= len(piece)
        with simulator.lock:
            simulator.received += len(piece)
    if limit is not None:
        handler.reset()
    return limit is not None


def _is_too_large(handler: Handler) -> bool:
    if handler.unread <= handler.simulator.largest_body:
        return False
    handler.close_connection = True  # as gateways do: the body is not read
    handler.unread = 0
    handler.error(413, "SIZE_INVALID")
    return True


def _location(handler: Handler, upload: str) -> str:
    # Another one each time, as some registries keep the upload's state in it.
    return f"/v2/{handler.name}/blobs/uploads/{upload}?state={secrets.token_hex(4)}"


def _arrived(simulator: RegistrySimulator, upload: str) -> str:
    return f"0-{max(0, len(simulator.uploads[upload]) - 1)}"
