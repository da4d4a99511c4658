"""Parts of files on their way to a socket."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.registry._extent import Extent

DATA = os.urandom(3 << 20)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "file").write_bytes(b"before" + DATA + b"after")
    number = os.open(tmp_path / "file", os.O_RDWR)
    yield number
    os.close(number)


@pytest.fixture
def extent(file: int) -> Extent:
    return Extent(file, len(b"before"), len(DATA))


def received(sock: socket.socket) -> bytes:
    with sock:
        return b"".join(iter(lambda: sock.recv(1 << 20), b""))


@pytest.mark.parametrize("timeout", [None, 5.0])
def test_it_is_sent_whole(extent: Extent, timeout: float | None) -> None:
    near, far = socket.socketpair()
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(received(far)))
    reader.start()
    with near:
        near.settimeout(timeout)
        extent.send(near)
    reader.join()
    assert got == [DATA]


def test_who_does_not_take_it_in_time_is_given_up(extent: Extent) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(0.05)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            extent.send(near)
        assert time.monotonic() - began < 2


def test_a_slice_is_an_extent(extent: Extent) -> None:
    part = extent[10:20][2:100]
    assert len(part) == 8
    assert part.read(0, 100) == DATA[12:20]
    assert len(extent[20:10]) == 0


@pytest.mark.parametrize("start", [0, 7, len(DATA) - 1, len(DATA), len(DATA) + 1])
def test_pieces_are_all_that_follows(extent: Extent, start: int) -> None:
    pieces = [piece.read(0, len(piece)) for piece in extent.pieces(start, 1 << 20)]
    assert b"".join(pieces) == DATA[start:]
    assert all(0 < len(piece) <= 1 << 20 for piece in pieces)


def test_a_file_that_became_shorter_gives_what_it_has(extent: Extent, file: int) -> None:
    pieces = extent.pieces(0, 1 << 20)
    piece = next(pieces)
    os.truncate(file, 1 << 19)
    assert list(pieces) == []
    near, far = socket.socketpair()
    reader = threading.Thread(target=received, args=(far,))
    reader.start()
    with near, pytest.raises(OSError, match="shorter"):
        piece.send(near)
    reader.join()
