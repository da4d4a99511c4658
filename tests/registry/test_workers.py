"""Several things at once, until one fails; and the hash that follows a file."""

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from remotemedia.registry._following import FollowingHash
from remotemedia.registry._workers import GivenUpError, Workers


def test_no_more_run_at_once_than_there_are_jobs() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def task() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    Workers(3).run([task] * 12)
    assert most == 3


def test_tasks_start_in_their_order_and_all_of_them_run() -> None:
    done: list[int] = []
    Workers(1).run([lambda number=number: done.append(number) for number in range(5)])  # type: ignore[misc]
    assert done == [0, 1, 2, 3, 4]
    Workers(4).run([lambda number=number: done.append(number) for number in range(100)])  # type: ignore[misc]
    assert sorted(done[5:]) == list(range(100))


def test_what_the_first_to_fail_raised_is_raised_and_the_others_give_up() -> None:
    workers = Workers(2)
    gave_up = threading.Event()
    started: list[int] = []

    def long() -> None:
        try:
            while True:
                workers.check()
                time.sleep(0.001)
        except GivenUpError:
            gave_up.set()
            raise

    def fail() -> None:
        raise ValueError("this one")

    with pytest.raises(ValueError, match="this one"):
        workers.run([long, fail, lambda: started.append(1)])
    assert gave_up.is_set()
    assert started == []


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, (3 << 20) + 5])
@pytest.mark.parametrize("begun", [0, 1, (1 << 20) + 3])
def test_the_hash_is_that_of_the_file(tmp_path: Path, size: int, begun: int) -> None:
    data = os.urandom(size)
    with (tmp_path / "file").open("w+b", buffering=0) as file:
        file.write(data[:begun])
        with FollowingHash(file.fileno(), min(begun, size)) as following:
            for start in range(begun, size, 100_000):
                chunk = data[start : start + 100_000]
                file.write(chunk)
                following.advance(chunk)
        assert following.digest() == f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_a_hash_that_falls_behind_reads_the_file(tmp_path: Path) -> None:
    data = os.urandom(1 << 20)
    with (tmp_path / "file").open("w+b", buffering=0) as file:
        file.write(data * 40)
        with FollowingHash(file.fileno(), 20 << 20) as following:  # these 20 MiB come first
            for _ in range(20):
                following.advance(data)
            kept = sum(stretch.size for stretch in following._kept)
        assert kept <= 2 << 20
        assert following.digest() == f"sha256:{hashlib.sha256(data * 40).hexdigest()}"


def test_a_file_that_becomes_shorter_is_noticed(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b", buffering=0) as file:
        with FollowingHash(file.fileno(), 10) as following:
            pass
        with pytest.raises(OSError, match="shorter"):
            following.digest()


def test_an_error_ends_the_thread_without_reading_on(tmp_path: Path) -> None:
    before = threading.active_count()

    def lose(file: int) -> None:
        with FollowingHash(file, 1 << 40):
            raise ValueError("lost")

    with (tmp_path / "file").open("w+b", buffering=0) as file:
        os.truncate(file.fileno(), 1 << 40)
        with pytest.raises(ValueError, match="lost"):
            lose(file.fileno())
    assert threading.active_count() <= before  # those of tests before may have ended meanwhile


def test_a_hash_that_fails_keeps_nobody_waiting(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b") as file:
        with FollowingHash(file.fileno()) as following:
            for _ in range(8):  # more than is kept for it
                following.advance("x" * (1 << 20))  # type: ignore[arg-type] # no bytes
        with pytest.raises(TypeError):
            following.digest()
