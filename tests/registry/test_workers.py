"""Several things at once, until one fails."""

import threading
import time

import pytest

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
