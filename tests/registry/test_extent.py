"""Parts of files on their way to a socket."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.registry import PackageArchive
from remotemedia.registry._extent import Extent, ShortenedError
from tests.registry.samples import MODEL_SIZE, make_package

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
    pieces = [piece.read(0, len(piece)) for piece in extent.pieces(start)]
    assert b"".join(pieces) == DATA[start:]
    assert all(pieces)


def test_pieces_grow_while_they_go_quickly_and_shrink_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.truncate(tmp_path / "file", 64 << 20)
    with (tmp_path / "file").open("rb") as file:
        pieces = Extent(file.fileno(), 0, 64 << 20).pieces(0)
        quick = [next(pieces).size for _ in range(8)]
        assert quick == [min((256 << 10) << number, 8 << 20) for number in range(8)]
        time.sleep(0.21)
        assert next(pieces).size == 4 << 20


def test_a_file_that_became_shorter_gives_what_it_has(extent: Extent, file: int) -> None:
    pieces = extent.pieces(0)
    piece = next(pieces)
    os.truncate(file, 1 << 17)
    assert list(pieces) == []
    near, far = socket.socketpair()
    reader = threading.Thread(target=received, args=(far,))
    reader.start()
    with near, pytest.raises(ShortenedError):
        piece.send(near)
    reader.join()


def test_a_file_that_becomes_shorter_while_it_is_sent_is_noticed(extent: Extent, file: int) -> None:
    near, far = socket.socketpair()

    def cut_off() -> None:
        far.recv(1)
        os.truncate(file, 0)
        received(far)

    reader = threading.Thread(target=cut_off)
    reader.start()
    with near, pytest.raises(ShortenedError):
        extent.send(near)
    reader.join()


def test_chunks_are_all_that_follows_or_an_error(extent: Extent, file: int) -> None:
    assert b"".join(extent.chunks(7)) == DATA[7:]
    os.truncate(file, 1 << 20)
    with pytest.raises(ShortenedError):
        list(extent.chunks())


def test_a_piece_may_take_longer_than_the_timeout_if_it_moves(extent: Extent) -> None:
    near, far = socket.socketpair()
    got: list[int] = []

    def take_slowly() -> None:
        with far:
            while taken := len(far.recv(1 << 18)):
                got.append(taken)
                time.sleep(0.02)

    reader = threading.Thread(target=take_slowly)
    reader.start()
    with near:
        near.settimeout(0.15)
        began = time.monotonic()
        extent.send(near)
        assert time.monotonic() - began > 0.15
    reader.join()
    assert sum(got) == len(DATA)


def test_a_piece_of_a_package_that_is_closed_is_of_no_other_file(tmp_path: Path) -> None:
    """A thread that a failed copy has left behind may still have one."""
    package = make_package()
    with PackageArchive(package.pack(tmp_path / "x.rmpkg")) as archive:
        pieces = archive.blob_extents(package.model)
        piece = next(pieces)
    with (tmp_path / "other").open("w+b") as other:
        other.write(b"secret" * MODEL_SIZE)
        other.flush()
        assert piece.read(0, piece.size) == package.blobs[package.model.digest][: piece.size]
    assert b"".join(piece.read(0, piece.size) for piece in pieces)
