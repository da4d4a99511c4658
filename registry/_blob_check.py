"""Checks blobs against their digests in threads of their own, while other things are done.

with BlobCheck(source, manifest.blobs) as check:
    ...  # whatever takes its time
    check.finish()
"""

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, Self

from remotemedia.registry._descriptor import Descriptor
from remotemedia.registry._extent import Extent
from remotemedia.registry._layout_source import LayoutSource

# Read, and hashed while it is still in the processor's cache.
_PIECE_BYTES: Final = 256 << 10
# The same while others compute: the fewer the pieces, the less waits for the interpreter's lock between them.
_LARGE_PIECE_BYTES: Final = 4 << 20
_MOST_THREADS: Final = 4


class BlobCheck:
    """A check that has begun: the large blobs of a package side by side, as far as there are processors.

    Leave its context before the source is closed: a thread may be reading.

    Args:
        source: of this machine.
        blobs: what is to be checked.
    """

    def __init__(self, source: LayoutSource, blobs: Sequence[Descriptor]) -> None:
        self._source = source
        # The large ones first: one that came last would be alone at the end.
        self._waiting = iter(sorted(enumerate(blobs), key=lambda it: -it[1].size))
        self._lock = threading.Lock()
        self._end = len(blobs)  # nobody asks for those from here on
        self._piece_bytes = self._most_bytes = min(_LARGE_PIECE_BYTES, max((blob.size for blob in blobs), default=0))
        self._failures: dict[int, BaseException] = {}
        self._threads: list[threading.Thread] = []
        with suppress(RuntimeError):  # no more threads may be started: what is left is done by who finishes
            for number in range(min(len(os.sched_getaffinity(0)), _MOST_THREADS, len(blobs))):
                thread = threading.Thread(target=self._work, name=f"hash-{number}", daemon=True)
                thread.start()
                self._threads.append(thread)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end = 0
        self._join()

    def finish(self) -> None:
        """See to it that all are checked; raises what the first of them that is wrong is refused by (RM301, RM302)."""
        self._piece_bytes = _PIECE_BYTES
        self._work()
        self._join()
        if self._failures:
            raise self._failures[min(self._failures)]

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        buffer = memoryview(bytearray(self._most_bytes))
        for number, blob in self._tasks():
            if number >= self._end:
                continue
            try:
                self._check(number, blob, buffer)
            except BaseException as exc:  # noqa: BLE001 - who finishes the check raises it
                with self._lock:
                    self._failures[number] = exc
                    self._end = min(self._end, number)

    def _tasks(self) -> Iterator[tuple[int, Descriptor]]:
        """Give what no other thread has taken; the number says where a blob stands among all."""
        while True:
            with self._lock:
                task = next(self._waiting, None)
            if task is None:
                return
            yield task

    def _check(self, number: int, blob: Descriptor, buffer: memoryview) -> None:
        found = hashlib.sha256()
        with self._source.blob_extent(blob) as extent:
            at = 0
            while number < self._end and (count := _read(extent, at, buffer[: self._piece_bytes])):
                found.update(buffer[:count])
                at += count
        if number >= self._end:
            return
        if (got := f"sha256:{found.hexdigest()}") != blob.digest:
            raise self._source.refusal(blob.digest, f"got `{got}`{f' for `{blob.title}`' if blob.title else ''}")


def _read(extent: Extent, at: int, buffer: memoryview) -> int:
    """Fill the buffer with what follows byte `at`; how many bytes that were, 0 at the end."""
    return os.preadv(extent.file, [buffer[: extent.size - at]], extent.offset + at) if at < extent.size else 0
