"""One blob on its way up: in one piece, or in several where a registry takes no more; gone on with after a failure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from remotemedia.registry._client import AnswerError, RepositoryClient
from remotemedia.registry._descriptor import Descriptor
from remotemedia.registry._extent import Extent, ShortenedError
from remotemedia.registry._ports import Content
from remotemedia.registry._retry import TransientError
from remotemedia.registry._transport import Response, discard
from remotemedia.registry._unfinished import UnfinishedUpload

_SEND_BYTES = 256 << 10  # of what is in memory, at once: the timeout of a stall counts for each
_CHUNK_BYTES = 32 << 20  # of an upload in pieces; below the limits of the usual gateways
_LEAST_CHUNK_BYTES = 1 << 20
_PROGRESS_BYTES = 1 << 20  # an attempt that got this much further counts as a good one
_RANGE = re.compile(r"(?:bytes=)?0-(\d{1,18})", re.ASCII)
_TOO_LARGE = 413
_ELSEWHERE = 416  # the registry expects other bytes of the blob than come
_LOST = frozenset({404, 410})
_OUTSIDE_SPECIFICATION = "RM406"


@dataclass
class _Session:
    """An upload that is open at the registry.

    Attributes:
        location: its address; it may change with every answer.
        arrived: bytes that the registry has.
        is_in_doubt: it may have others; it has to be asked.
        is_resumed: they came by an earlier attempt, and may be the wrong ones.
        is_silent: the registry was asked, and gave no answer.
        refused_at: where it took nothing, though it had said that it was there.
    """

    location: str
    arrived: int = 0
    is_in_doubt: bool = False
    is_resumed: bool = False
    is_silent: bool = False
    refused_at: int | None = None


class Upload:
    """Sends one blob to one repository.

    By default in one `PUT`. A registry, or a gateway before it, that refuses that for its size (413) gets it by `PATCH`
    in pieces: of 32 MiB, and half as much each time that this is too large again, but never less than
    `OCI-Chunk-Min-Length`. After a failure, also of an earlier process, the registry is asked how much has arrived, and
    gets the rest; one that does not know gets everything again.

    Args:
        client: of the repository.
        descriptor: of the blob.
        content: its bytes.
        unfinished: where the upload is, for a later process.
        chunk: send pieces of this size from the start; None for one piece.
    """

    def __init__(
        self,
        client: RepositoryClient,
        descriptor: Descriptor,
        content: Content,
        unfinished: UnfinishedUpload,
        *,
        chunk: int | None = None,
    ) -> None:
        self._client = client
        self._descriptor = descriptor
        self._content = content
        self._unfinished = unfinished
        self._chunk = chunk
        self._least = _LEAST_CHUNK_BYTES
        self._session: _Session | None = None
        self._has_started_over = False
        self._failures = 0
        self._best = 0  # bytes that had arrived when failures were last forgiven

    def run(self, location: str | None = None) -> None:
        """Send it: into the upload that an earlier process left, else one that is open at `location`, else a new one.

        Raises `RegistryError`, what content raises, and `AnswerError`: the registry refuses the bytes.
        """
        if self._unfinished.location is not None:
            self._session = _Session(self._unfinished.location, is_in_doubt=True)
        elif location is not None:
            self._session = _Session(location)
        while True:
            try:
                self._attempt()
            except TransientError as exc:
                self._failures += 1
                self._client.policy.wait(self._failures, exc)
                if self._session is not None:
                    self._session.is_in_doubt = True
            except ShortenedError as exc:
                raise self._content.refusal("the file became shorter while it was sent") from exc
            else:
                self._unfinished.note(None)
                return

    def _attempt(self) -> None:
        if self._session is not None and self._session.is_in_doubt and not self._is_known(self._session):
            self._session = None
            if self._is_there():  # only the answer was lost
                return
        self._send_rest(self._current())

    def _current(self) -> _Session:
        if self._session is None:
            self._session = self._opened()
        return self._session

    def _is_known(self, session: _Session) -> bool:
        """Ask how much has arrived (distribution-spec, "Pushing a blob in chunks").

        False if the registry does not know the upload, says what cannot be, or twice nothing.
        """
        try:
            response = self._send("GET", session.location, {200, 202, 204}, {})
        except AnswerError:
            return False
        except TransientError:
            if session.is_silent:
                return False
            session.is_silent = True
            raise
        told = _arrived(response)
        if told is None or told > self._descriptor.size or told == session.refused_at:
            return False
        self._move(session, response)
        session.arrived = told
        session.is_resumed, session.is_in_doubt, session.is_silent = True, False, False
        if told - self._best >= _PROGRESS_BYTES:
            self._failures, self._best = 0, told
        return True

    def _is_there(self) -> bool:
        try:
            response = self._send("HEAD", f"blobs/{self._descriptor.digest}", {200, 404}, {})
        except AnswerError:
            return False
        return response.status == 200  # noqa: PLR2004 - HTTP

    def _opened(self) -> _Session:
        response = self._send("POST", "blobs/uploads/", {202}, {"Content-Length": "0"})
        if "Location" not in response.headers:
            raise self._client.not_allowed("expected a `Location` to upload to")
        least = response.headers.get("OCI-Chunk-Min-Length", "")
        if least.isascii() and least.isdigit():
            self._least = max(self._least, int(least[:18]))
        session = _Session("")
        self._move(session, response)
        return session

    def _send_rest(self, session: _Session) -> None:
        try:
            if self._chunk is None and session.arrived == 0:
                return self._put(session, self._descriptor.size)
            while session.arrived < self._descriptor.size:
                self._patch(session)
            return self._put(session, 0)
        except AnswerError as exc:
            if exc.status == _TOO_LARGE and self._shrink():
                return self._send_rest(self._current())
            if self._may_do_better(session, exc):
                raise TransientError(exc.error) from exc
            raise

    def _put(self, session: _Session, size: int) -> None:
        """Finish: with the whole blob, or with nothing left to send."""
        separator = "&" if "?" in session.location else "?"
        url = f"{session.location}{separator}digest={quote(self._descriptor.digest, safe='')}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        self._send("PUT", url, {201, 204}, headers, _Bytes(self._content, 0, size) if size else b"")

    def _patch(self, session: _Session) -> None:
        """Send the next piece, or the rest."""
        start = session.arrived
        size = self._descriptor.size - start
        if self._chunk is not None:
            size = min(size, max(self._chunk, self._least))
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            "Content-Range": f"{start}-{start + size - 1}",
        }
        # 201 is what one large registry says to each piece.
        response = self._send("PATCH", session.location, {201, 202, 204}, headers, _Bytes(self._content, start, size))
        self._move(session, response)
        told = _arrived(response)
        session.arrived = start + size if told is None or not start < told <= start + size else told

    def _shrink(self) -> bool:
        """Take smaller pieces than were too large; False if they cannot be smaller."""
        if self._chunk is None:
            self._chunk = _CHUNK_BYTES
        elif self._chunk > self._least:
            self._chunk = max(self._chunk // 2, self._least)
        else:
            return False
        if self._session is not None and self._session.arrived == 0:
            self._session = None  # the gateway may have dropped the upload with the request
        return True

    def _may_do_better(self, session: _Session, exc: AnswerError) -> bool:
        """Say whether another attempt is worth it after one that was refused.

        It is if the registry has lost the upload; if bytes still came in from an earlier attempt; and once if it may
        have had others from there than it said.
        """
        if exc.error.code != _OUTSIDE_SPECIFICATION:
            return False
        if exc.status == _ELSEWHERE:
            session.refused_at = session.arrived
            return True
        self._session = None
        if exc.status in _LOST:
            return True
        if session.is_resumed and not self._has_started_over:
            self._has_started_over = True
            return True
        self._unfinished.note(None)
        return False

    def _move(self, session: _Session, response: Response) -> None:
        """Go where an answer says."""
        location = response.headers.get("Location")
        if location is not None:
            session.location = self._client.url(location)
            self._unfinished.note(session.location)

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
            taken = piece[:left]
            step = _SEND_BYTES if isinstance(taken, bytes) else len(taken)
            for begin in range(0, len(taken), step):
                yield taken[begin : begin + step]
            left -= len(taken)
            if left == 0:
                return
        raise self._content.refusal(f"expected {self._size} bytes from {self._start} on, {left} are missing")


def _arrived(response: Response) -> int | None:
    """Read `Range: 0-LAST`: how many bytes have arrived. `0-0` is what registries say of none."""
    match = _RANGE.fullmatch(response.headers.get("Range", ""))
    if match is None:
        return None
    return 0 if match[1] == "0" else int(match[1]) + 1
