"""One blob on its way down: gone on with where a connection was lost, and over several where one alone is slow."""

import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future

from remotemedia.registry._client import AnswerError, RepositoryClient
from remotemedia.registry._descriptor import Descriptor
from remotemedia.registry._lost import too_slow
from remotemedia.registry._retry import TransientError
from remotemedia.registry._transport import Response, discard

# A blob of this size is worth several connections, if the first one shows that one alone is slow.
RANGED_BYTES = 64 << 20
_TRIAL_BYTES = 16 << 20
_FAST = 100 << 20  # bytes a second: what a gigabit network brings, so that more connections bring nothing
_CONNECTIONS = 4
_PIECE_BYTES = 4 << 20  # of the blob in each connection's hands; they wait in memory for their turn

_PROGRESS_BYTES = 1 << 20  # a connection that brought this much counts as a good one
_LEAST_BYTES = 16 << 10  # an answer of less, of more that was asked for, counts as a bad one
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)


class Download:
    """Reads one blob of one repository; what it gives is in order, and not checked.

    Args:
        client: of the repository.
        descriptor: of the blob.
        ranging: held while several connections are used, so that only one blob at a time does so.
    """

    def __init__(self, client: RepositoryClient, descriptor: Descriptor, ranging: threading.Lock) -> None:
        self._client = client
        self._descriptor = descriptor
        self._size = descriptor.size
        self._ranging = ranging

    def read(self, start: int = 0) -> Iterator[bytes]:
        """Give the bytes from `start` on; raises `RegistryError` RM402 to RM406."""
        if self._size - start < RANGED_BYTES or not self._ranging.acquire(blocking=False):
            yield from self._stretch(start, self._size)
            return
        try:
            yield from self._read_big(start)
        finally:
            self._ranging.release()

    def _read_big(self, start: int) -> Iterator[bytes]:
        """Try one connection; the rest comes over it if it is fast, otherwise over several."""
        position, began = start, time.monotonic()
        for chunk in self._stretch(start, start + _TRIAL_BYTES):
            position += len(chunk)
            yield chunk
        if position >= self._size:  # the registry knows no ranges, and has sent it all
            return
        if position - start > _FAST * (time.monotonic() - began):
            yield from self._stretch(position, self._size)
        else:
            yield from self._in_pieces(position)

    def _in_pieces(self, start: int) -> Iterator[bytes]:
        """Give the rest in the order of its bytes, while the pieces that come after are fetched."""
        given_up = threading.Event()
        pending: deque[Future[list[bytes]]] = deque()
        try:
            for begin in range(start, self._size, _PIECE_BYTES):
                if len(pending) == _CONNECTIONS:
                    yield from pending.popleft().result()
                pending.append(self._fetching(begin, min(begin + _PIECE_BYTES, self._size), given_up))
            while pending:
                yield from pending.popleft().result()
        finally:
            given_up.set()

    def _fetching(self, begin: int, end: int, given_up: threading.Event) -> Future[list[bytes]]:
        """Fetch a piece in a thread of its own, for which a program that ends does not wait: its server may be slow."""
        future: Future[list[bytes]] = Future()

        def fetch() -> None:
            try:
                future.set_result(self._piece(begin, end, given_up))
            except BaseException as exc:  # noqa: BLE001 - whoever waits for the piece raises it
                future.set_exception(exc)

        threading.Thread(target=fetch, name="range", daemon=True).start()
        return future

    def _piece(self, begin: int, end: int, given_up: threading.Event) -> list[bytes]:
        chunks, left = [], end - begin
        for chunk in self._stretch(begin, end):
            chunks.append(chunk[:left])
            left -= len(chunks[-1])
            if left == 0 or given_up.is_set():
                break
        return chunks

    def _stretch(self, start: int, end: int) -> Iterator[bytes]:
        """Give bytes `start` to `end`, over as many connections as are lost; all that follow where ranges are unknown.

        Whoever needs only some of them stops asking.
        """
        position, failures, policy = start, 0, self._client.policy
        while position < end:
            before = position
            try:
                for chunk in self._once(position, end):
                    position += len(chunk)
                    yield chunk
                if before < position < min(end, before + _LEAST_BYTES):
                    raise too_slow(self._client.host)
            except AnswerError as exc:
                raise exc.error from None
            except TransientError as exc:
                failures = 1 if position - before >= _PROGRESS_BYTES else failures + 1
                policy.wait(failures, exc)
            else:
                if position == before:
                    return  # nothing more, and no error: whoever checks the bytes finds them too few

    def _once(self, start: int, end: int) -> Iterator[bytes]:
        """Give what one connection brings, whatever the registry makes of a range (RFC 9110, section 14)."""
        whole = start == 0 and end >= self._size
        last = "" if end >= self._size else str(end - 1)
        response = self._get({} if whole else {"Range": f"bytes={start}-{last}"})
        if response.status == 416:  # noqa: PLR2004 - HTTP; it has less, or a cache before it errs: ask for everything
            discard(response)
            response = self._get({})
        if response.status == 206:  # noqa: PLR2004 - HTTP
            skip, left = 0, self._part(response, start, end)
        else:
            self._check_whole(response, start)
            skip, left = start, None
        for chunk in self._client.stream(response):
            kept = chunk[skip:] if left is None else chunk[:left]
            skip -= len(chunk) - len(kept)
            if left is not None:
                left -= len(kept)
            if kept:
                yield kept

    def _get(self, headers: dict[str, str]) -> Response:
        digest = self._descriptor.digest
        expected = {200, 206, 416} if headers else {200}
        return self._client.once("GET", f"blobs/{digest}", expected, headers=headers, missing=digest)

    def _part(self, response: Response, start: int, end: int) -> int:
        """Give how many bytes a 206 brings: from `start`, of a blob of this size, not beyond what was asked for."""
        match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != start or not start <= int(match[2]) < max(end, self._size):
            response.close()
            raise self._client.not_allowed("expected the range that was asked for")
        if match[3] not in {"*", str(self._size)}:
            response.close()
            raise self._client.not_allowed(f"expected a part of {self._size} bytes, got one of {match[3]}")
        return int(match[2]) + 1 - start

    def _check_whole(self, response: Response, start: int) -> None:
        """Compare the announced size; without one whoever checks the bytes finds out."""
        length = response.headers.get("Content-Length", str(self._size))
        if length == str(self._size):
            return
        response.close()
        why = f"expected {self._size} bytes, got {length[:20]}"
        raise self._client.not_allowed(why) if start else self._client.mismatch(self._descriptor.digest, why)
