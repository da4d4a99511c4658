"""Reading on while what has been read is worked on: `with reading_ahead(chunks) as ahead: for chunk in ahead: ...`."""

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

_T = TypeVar("_T")

_WAITING = 1  # chunk that nobody works on yet: whoever is killed loses it


@contextmanager
def reading_ahead(chunks: Iterator[_T]) -> Iterator[Iterator[_T]]:
    """Iterate in a thread of its own; what that raises is raised where the chunks are taken.

    Whoever leaves the context does not wait for the thread, which may be waiting for a server; with the next chunk it
    ends.
    """
    reader = _Reader(chunks)
    threading.Thread(target=reader.run, name="reading ahead", daemon=True).start()
    try:
        yield reader.taken()
    finally:
        reader.stop()


class _Reader(Generic[_T]):
    def __init__(self, chunks: Iterator[_T]) -> None:
        self._chunks = chunks
        self._room = threading.Semaphore(_WAITING)
        self._stopped = False
        self._queue: queue.SimpleQueue[tuple[_T] | BaseException | None] = queue.SimpleQueue()

    def run(self) -> None:
        end = None
        try:
            for chunk in self._chunks:
                self._room.acquire()
                if self._stopped:
                    break
                self._queue.put((chunk,))
            if isinstance(self._chunks, Generator):
                self._chunks.close()  # and what it has open
        except BaseException as exc:  # noqa: BLE001 - whoever takes the chunks raises it
            end = exc
        self._queue.put(end)

    def taken(self) -> Iterator[_T]:
        while isinstance(item := self._queue.get(), tuple):
            self._room.release()
            yield item[0]
        if item is not None:
            raise item

    def stop(self) -> None:
        self._stopped = True
        self._room.release()
