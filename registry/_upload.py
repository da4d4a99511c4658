"""One blob on its way up: in one piece, or in several where a registry takes no more; gone on with after a failure."""

import re
import time
from collections.abc import Iterator
from urllib.parse import quote

from remotemedia.registry._client import AnswerError, RepositoryClient
from remotemedia.registry._descriptor import Descriptor
from remotemedia.registry._extent import Extent
from remotemedia.registry._ports import Content
from remotemedia.registry._retry import TransientError
from remotemedia.registry._transport import Response, discard

_SEND_BYTES = 256 << 10  # what is handed to the socket at once: the timeout of a stall counts for each
_CHUNK_BYTES = 32 << 20  # of an upload in pieces; below the limits of the usual gateways
_LEAST_CHUNK_BYTES = 1 << 20
_PROGRESS_BYTES = 1 << 20  # an attempt that got this much further counts as a good one
_RANGE = re.compile(r"(?:bytes=)?0-(\d{1,18})", re.ASCII)
_TOO_LARGE = 413
_UPLOAD_LOST = frozenset({404, 410, 416})  # the registry no longer knows the upload, or is elsewhere in it


class Upload:
    """Sends one blob to one repository.

    By default in one `PUT`. A registry, or a gateway before it, that refuses that for its size (413) gets it by `PATCH`
    in pieces: of 32 MiB, and half as much each time that this is too large again, but never less than
    `OCI-Chunk-Min-Length`. After a failure the registry is asked how much has arrived, and gets the rest; one that does
    not know gets everything again.

    Args:
        client: of the repository.
        descriptor: of the blob.
        content: its bytes.
        chunk: send pieces of this size from the start; None for one piece.
    """

    def __init__(
        self, client: RepositoryClient, descriptor: Descriptor, content: Content, chunk: int | None = None
    ) -> None:
        self._client = client
        self._descriptor = descriptor
        self._content = content
        self._chunk = chunk
        self._least = _LEAST_CHUNK_BYTES
        self._location: str | None = None
        self._position = 0  # what the registry has, in bytes

    def run(self, location: str | None = None) -> None:
        """Send it, into the upload that is open already or a new one; raises `RegistryError`, and what content raises.

        `AnswerError` says that the registry refused the bytes.
        """
        self._location = location
        failures, best = 0, 0
        while True:
            try:
                self._attempt()
            except TransientError as exc:
                failures += 1
                pause = self._client.policy.delay(failures, exc.retry_after)
                if pause is None:
                    raise exc.error from exc
                time.sleep(pause)
                self._ask()
                if self._position - best >= _PROGRESS_BYTES:
                    failures, best = 0, self._position
            else:
                return

    def _attempt(self) -> None:
        if self._location is None:
            self._open()
        try:
            if self._chunk is None and self._position == 0:
                return self._put(self._descriptor.size)
            while self._position < self._descriptor.size:
                self._patch()
            return self._put(0)
        except AnswerError as exc:
            if exc.status == _TOO_LARGE and self._shrink():
                return self._attempt()
            if exc.status in _UPLOAD_LOST:
                self._location, self._position = None, 0
                raise TransientError(exc.error) from exc
            raise

    def _open(self) -> None:
        response = self._send("POST", "blobs/uploads/", {202}, {"Content-Length": "0"})
        self._moved(response)
        if self._location is None:
            raise self._client.not_allowed("expected a `Location` to upload to")
        least = response.headers.get("OCI-Chunk-Min-Length", "")
        if least.isascii() and least.isdigit():
            self._least = max(self._least, int(least[:18]))
        self._position = 0

    def _put(self, size: int) -> None:
        """Finish: with the whole blob, or with nothing left to send."""
        location = self._location or ""
        url = f"{location}{'&' if '?' in location else '?'}digest={quote(self._descriptor.digest, safe='')}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        self._send("PUT", url, {201, 204}, headers, _Bytes(self._content, 0, size) if size else b"")

    def _patch(self) -> None:
        """Send the next piece, or the rest."""
        start = self._position
        size = self._descriptor.size - start
        if self._chunk is not None:
            size = min(size, max(self._chunk, self._least))
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            "Content-Range": f"{start}-{start + size - 1}",
        }
        # 201 is what one large registry says to each piece.
        response = self._send(
            "PATCH", self._location or "", {201, 202, 204}, headers, _Bytes(self._content, start, size)
        )
        self._moved(response)
        told = _arrived(response)
        self._position = start + size if told is None or not start < told <= start + size else told

    def _shrink(self) -> bool:
        """Take smaller pieces than were too large; False if they cannot be smaller."""
        if self._chunk is None:
            self._chunk = _CHUNK_BYTES
        elif self._chunk > self._least:
            self._chunk = max(self._chunk // 2, self._least)
        else:
            return False
        if self._position == 0:
            self._location = None  # the gateway may have dropped the upload with the request
        return True

    def _ask(self) -> None:
        """Learn how much has arrived (distribution-spec, "Pushing a blob in chunks"); forget an upload that is lost."""
        if self._location is None:
            return
        before, self._position = self._location, 0
        try:
            response = self._send("GET", before, {200, 202, 204}, {})
        except (AnswerError, TransientError):
            self._location = None
            return
        self._moved(response)
        self._position = min(_arrived(response) or 0, self._descriptor.size)

    def _moved(self, response: Response) -> None:
        """An upload may get another address with every answer."""
        location = response.headers.get("Location")
        if location is not None:
            self._location = self._client.url(location)

    def _send(
        self, method: str, url: str, expected: set[int], headers: dict[str, str], body: "bytes | _Bytes | None" = None
    ) -> Response:
        response = self._client.once(method, url, expected, scopes=self._client.push, headers=headers, body=body)
        discard(response)
        return response


class _Bytes:
    """A request's body: so many bytes of a blob from a place on; it can be sent again."""

    def __init__(self, content: Content, start: int, size: int) -> None:
        self._content = content
        self._start = start
        self._size = size

    def __iter__(self) -> Iterator[bytes | Extent]:
        left = self._size
        for piece in self._content.pieces(self._start):
            for begin in range(0, min(len(piece), left), _SEND_BYTES):
                yield piece[begin : min(begin + _SEND_BYTES, left)]
            left -= min(len(piece), left)
            if left == 0:
                return
        raise self._content.refusal(f"expected {self._size} bytes from {self._start} on, {left} are missing")


def _arrived(response: Response) -> int | None:
    """Read `Range: 0-LAST`: how many bytes have arrived. `0-0` is what registries say of none."""
    match = _RANGE.fullmatch(response.headers.get("Range", ""))
    if match is None:
        return None
    return 0 if match[1] == "0" else int(match[1]) + 1
