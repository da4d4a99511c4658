"""Chunks that are read while those before are worked on."""

import threading
from collections.abc import Iterator

import pytest

from remotemedia.registry._reading_ahead import reading_ahead


def test_chunks_come_in_order_and_from_another_thread() -> None:
    readers: set[str] = set()

    def chunks() -> Iterator[int]:
        for number in range(100):
            readers.add(threading.current_thread().name)
            yield number

    with reading_ahead(chunks()) as ahead:
        assert list(ahead) == list(range(100))
    assert readers == {"reading ahead"}


def test_a_chunk_is_read_while_one_before_is_worked_on_and_not_many() -> None:
    read = threading.Semaphore(0)
    given = 0

    def chunks() -> Iterator[int]:
        nonlocal given
        for number in range(100):
            given = number
            read.release()
            yield number

    with reading_ahead(chunks()) as ahead:
        assert next(ahead) == 0
        for _ in range(3):  # the one here, one that waits, and one for which there is no room
            assert read.acquire(timeout=10)
        assert not read.acquire(timeout=0.05)
        assert given == 2


def test_what_reading_raises_comes_after_what_was_read() -> None:
    def chunks() -> Iterator[int]:
        yield 1
        raise ValueError("lost")

    with reading_ahead(chunks()) as ahead:
        assert next(ahead) == 1
        with pytest.raises(ValueError, match="lost"):
            next(ahead)


def test_who_leaves_does_not_wait_for_the_next_chunk_and_what_is_open_is_closed() -> None:
    goes_on, closed = threading.Event(), threading.Event()

    def chunks() -> Iterator[int]:
        try:
            yield 1
            goes_on.wait(10)
            yield 2
            yield 3
        finally:
            closed.set()

    def lose() -> None:
        with reading_ahead(chunks()) as ahead:
            next(ahead)
            raise ValueError("the disk is full")

    with pytest.raises(ValueError, match="full"):
        lose()
    assert not closed.is_set()
    goes_on.set()
    assert closed.wait(10)
