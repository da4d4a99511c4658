"""What a user decides about failures, and asks of a run while it goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from remotemedia.errors import UsageError
from remotemedia.packager import BuiltPackage
from remotemedia.runtime._control import control_stream
from remotemedia.runtime._plan import parse_policies, policy_of
from remotemedia.runtime.executor import RUNNER, Executor
from remotemedia.runtime.publish import build_package
from remotemedia.schemas.execution import FailureHandledEvent, SetEvent, parse_event

SOURCE = """\
from remotemedia import Node, Pipeline


class Inverse(Node):
    live = ("factor",)

    def __init__(self, factor: float = 1.0):
        super().__init__()
        self.factor = factor
        self.seen = 0

    def process(self, value):
        self.seen += 1
        return self.factor / value

    def flush(self):
        return f"seen {self.seen}"


p = Pipeline("inverse")
p.add(Inverse())
"""


SLOW = """\
import time

from remotemedia import Node, Pipeline


class Slow(Node):
    def process(self, seconds):
        print("taken")
        time.sleep(seconds)
        return seconds


p = Pipeline("slow")
p.add(Slow())
"""


@pytest.fixture
def package(tmp_path: Path) -> BuiltPackage:
    return built(tmp_path, SOURCE)


@pytest.fixture
def slow(tmp_path: Path) -> BuiltPackage:
    return built(tmp_path, SLOW)


def built(place: Path, source: str) -> BuiltPackage:
    file = place / "pipeline.py"
    file.write_text(source)
    return build_package(file, place, environ={})


class Running:
    """A running executor: its streams, and what it told when it has ended."""

    def __init__(self, child: subprocess.Popen[str], control: IO[str], events: IO[str]) -> None:
        self.child = child
        self.control = control
        self.told: list[Any] = []
        self._news = threading.Condition()
        self._listener = threading.Thread(target=self._listen, args=(events,))
        self._listener.start()

    def _listen(self, events: IO[str]) -> None:
        for line in events:
            with self._news:
                self.told.append(parse_event(line))
                self._news.notify_all()

    def hears(self, event: str) -> bool:
        """Wait for the first event of a kind; return whether it came."""
        with self._news:
            return self._news.wait_for(lambda: any(it.event == event for it in self.told), 30)

    def give(self, *lines: object) -> None:
        assert self.child.stdin is not None
        self.child.stdin.writelines(f"{json.dumps(line)}\n" for line in lines)
        self.child.stdin.flush()

    def line(self) -> Any:
        assert self.child.stdout is not None
        return json.loads(self.child.stdout.readline())

    def ask(self, **line: object) -> None:
        self.control.write(json.dumps(line) + "\n")
        self.control.flush()

    def ended(self) -> tuple[int, list[Any]]:
        """Return the exit status and what it still put out."""
        rest, _ = self.child.communicate(timeout=30)
        self._listener.join(30)
        return self.child.returncode, [json.loads(line) for line in rest.splitlines()]


@contextmanager
def running(package: BuiltPackage, **plan: object) -> Iterator[Running]:
    plan_file = package.path.with_suffix(".plan.json")
    plan_file.write_text(json.dumps({"version": 1, **plan}))
    events, events_in = os.pipe()
    control_out, control = os.pipe()
    command = [str(Executor.find().path), "run", "--package", str(package.path), "--digest", package.digest]
    command += ["--runner", str(RUNNER), "--input", "-", "--plan", str(plan_file)]
    command += ["--events-fd", str(events_in), "--control-fd", str(control_out)]
    with (
        os.fdopen(events) as told,
        os.fdopen(control, "w") as asks,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=(events_in, control_out)
        ) as child,
    ):
        os.close(events_in)
        os.close(control_out)
        yield Running(child, asks, told)


def test_a_failure_may_be_passed_over(package: BuiltPackage) -> None:
    with running(package, nodes={"Inverse": {"on_error": "skip"}}) as run:
        run.give(2, 0, 4)
        assert run.ended() == (0, [0.5, 0.25, "seen 3"])
    (handled,) = (event for event in run.told if isinstance(event, FailureHandledEvent))
    assert (handled.node, handled.action, handled.error.code) == ("Inverse", "skip", "RM602")
    (node,) = run.told[-1].report.nodes
    assert (node.errors, node.skipped, node.packets_out) == (1, 1, 3)


def test_a_node_may_be_made_anew_so_often(package: BuiltPackage) -> None:
    with running(package, nodes={"Inverse": {"on_error": "restart:1"}}) as run:
        run.give(2, 0, 4, 0)
        status, lines = run.ended()
    assert (status, lines) == (1, [0.5, 0.25])
    assert [event.action for event in run.told if isinstance(event, FailureHandledEvent)] == ["restart"]


def test_a_parameter_changes_while_the_run_goes_on(package: BuiltPackage) -> None:
    with running(package) as run:
        run.give(2)
        assert run.line() == 0.5
        run.ask(set={"Inverse.factor": 3.0})
        run.ask(set={"Inverse.seen": 7})
        run.ask(set={"Nobody.factor": 7})
        until = time.monotonic() + 20
        while time.monotonic() < until and sum(isinstance(event, SetEvent) for event in run.told) < 3:
            assert run.child.poll() is None
            time.sleep(0.01)
        run.give(2)
        assert run.ended() == (0, [1.5, "seen 2"])
    answers = {(event.node, event.param): event for event in run.told if isinstance(event, SetEvent)}
    assert answers["Inverse", "factor"].ok
    refused = [answers["Inverse", "seen"].error, answers["Nobody", "factor"].error]
    assert [error.code for error in refused if error is not None] == ["RM619", "RM211"]


def test_a_run_is_asked_to_come_to_its_end(package: BuiltPackage) -> None:
    with running(package) as run:
        run.give(2)
        assert run.line() == 0.5
        run.ask(stop="drain")
        assert run.ended() == (0, ["seen 1"])


def test_the_first_interrupt_lets_what_is_under_way_come_to_its_end(package: BuiltPackage) -> None:
    with running(package) as run:
        run.give(2)
        assert run.line() == 0.5
        run.child.send_signal(signal.SIGINT)
        assert run.hears("notice")  # before the end of the input, which would be an ordinary end
        assert run.ended() == (130, ["seen 1"])
    notices = [event.message for event in run.told if event.event == "notice"]
    assert any(message.startswith("interrupted: what is under way") for message in notices)
    assert run.told[-1].error.code == "RM615"


def test_the_second_interrupt_stops_at_once(slow: BuiltPackage) -> None:
    with running(slow) as run:
        run.give(20)
        assert run.hears("log")
        run.child.send_signal(signal.SIGINT)
        assert run.hears("notice")
        began = time.monotonic()
        run.child.send_signal(signal.SIGINT)
        assert run.child.wait(10) == 130
        assert time.monotonic() - began < 4  # of the five seconds that the first would have granted
        assert run.ended() == (130, [])


def test_what_is_under_way_has_five_seconds(slow: BuiltPackage) -> None:
    with running(slow) as run:
        run.give(20)
        assert run.hears("log")
        run.child.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert run.child.wait(15) == 130
        assert 4.9 < time.monotonic() - began < 12  # of the twenty that the node would take
        assert run.ended() == (130, [])
    assert run.told[-1].error.code == "RM615"


def test_policies_are_for_a_node_or_for_all_others() -> None:
    policies = parse_policies(["skip", "Gain=restart:3"])
    assert policy_of("Gain", policies) == {"on_error": "restart:3"}
    assert policy_of("Vad", policies) == {"on_error": "skip"}
    assert policy_of("Vad", {}) == {}
    with pytest.raises(UsageError, match="got `Gain=again`"):
        parse_policies(["Gain=again"])


def test_a_control_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a file or FIFO"), control_stream(str(tmp_path / "none")):
        pass


def test_a_fifo_outlives_its_writers(tmp_path: Path) -> None:
    fifo = tmp_path / "control"
    os.mkfifo(fifo)
    with control_stream(str(fifo)) as (descriptor,):
        for text in ("a\n", "b\n"):
            fifo.write_text(text)
            assert os.read(descriptor, 9) == text.encode()
