"""The uploads of the simulated registry: in one piece or in several, asked how far they are, cut off on request.

What arrived of a request that breaks off is kept, as distribution 3 and olareg do; `Faults.forgets_broken` makes it as
docker-registry 2.8 is, which does not know such an upload any more.
"""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulators.registry._handler import Handler

_STEP = 1 << 16


@dataclass
class Upload:
    """What has arrived of a blob; one request at a time adds to it."""

    data: bytearray = field(default_factory=bytearray)
    adding: threading.Lock = field(default_factory=threading.Lock)

    @property
    def range(self) -> str:
        """What `Range` says of it."""
        return f"0-{max(0, len(self.data) - 1)}"


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
    name = secrets.token_hex(8)
    simulator.uploads[name] = Upload()
    headers = {"Location": _location(handler, name)}
    if simulator.least_chunk is not None:
        headers["OCI_Chunk_Min_Length"] = str(simulator.least_chunk)
    handler.answer(202, b"", **headers)


def tell(handler: Handler) -> None:
    """`GET`: how much of the upload has arrived."""
    simulator = handler.simulator
    upload = simulator.uploads.get(handler.last)
    if upload is None or not simulator.tells_progress:
        handler.error(404, "BLOB_UPLOAD_UNKNOWN")
        return
    told = simulator.faults.told.pop(0) if simulator.faults.told else upload.range
    handler.answer(204, Location=_location(handler, handler.last), Range=told)


def append(handler: Handler) -> None:
    """`PATCH`: one piece, which must begin where the last one ended."""
    upload = handler.simulator.uploads.get(handler.last)
    wanted = re.fullmatch(r"(\d+)-(\d+)", handler.headers.get("Content-Range", ""))
    if upload is None or wanted is None:
        handler.error(404, "BLOB_UPLOAD_UNKNOWN")
        return
    with upload.adding:
        if int(wanted[1]) != len(upload.data):
            handler.error(416, "RANGE_INVALID")
        elif not _is_too_large(handler) and _receive(handler, upload):
            handler.answer(202, Location=_location(handler, handler.last), Range=upload.range, Content_Length="0")


def finish(handler: Handler) -> None:
    """`PUT`: the rest, and the digest of it all."""
    simulator = handler.simulator
    upload = simulator.uploads.get(handler.last)
    if upload is None:
        handler.error(404, "BLOB_UPLOAD_UNKNOWN")
        return
    with upload.adding:
        if _is_too_large(handler) or not _receive(handler, upload):
            return
    digest = simulator.digest_of(upload.data)
    simulator.uploads.pop(handler.last, None)
    if digest != handler.query["digest"] or simulator.faults.refuses_digests:
        handler.error(400, "DIGEST_INVALID")
        return
    simulator.repository(handler.name).blobs[digest] = bytes(upload.data)
    if simulator.faults.lost_answers > 0:
        simulator.faults.lost_answers -= 1
        handler.reset()
        return
    handler.answer(201, Location=f"/v2/{handler.name}/blobs/{digest}", Docker_Content_Digest=digest)


def _receive(handler: Handler, upload: Upload) -> bool:
    """Take the body as it comes; says whether it came to its end."""
    simulator = handler.simulator
    with simulator.lock:
        cuts = simulator.faults.upload_cuts
        limit = cuts.pop(0) if cuts and handler.unread else None
    taken = 0
    while handler.unread and (limit is None or taken < limit):
        wanted = min(_STEP, handler.unread, handler.unread if limit is None else limit - taken)
        try:
            piece = handler.rfile.read1(wanted)
        except ConnectionError:
            piece = b""
        if not piece:
            handler.close_connection = True
            _break(handler)
            return False
        upload.data += piece
        taken += len(piece)
        handler.unread -= len(piece)
        with simulator.lock:
            simulator.received += len(piece)
    if limit is not None:
        _break(handler)
        handler.reset()
    return limit is None


def _break(handler: Handler) -> None:
    if handler.simulator.faults.forgets_broken:
        handler.simulator.uploads.pop(handler.last, None)


def _is_too_large(handler: Handler) -> bool:
    if handler.unread <= handler.simulator.largest_body:
        return False
    handler.close_connection = True  # as gateways do: the body is not read
    handler.unread = 0
    handler.error(413, "SIZE_INVALID")
    return True


def _location(handler: Handler, name: str) -> str:
    # Another one each time, as some registries keep the upload's state in it.
    return f"/v2/{handler.name}/blobs/uploads/{name}?state={secrets.token_hex(4)}"
