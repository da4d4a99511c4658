"""Runs that are killed at any moment and go on: their output is, to the last bit, that of a run that was not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from remotemedia.packager import BuiltPackage
from remotemedia.runtime import onnxruntime
from remotemedia.runtime.executor import RUNNER, Executor
from remotemedia.runtime.publish import build_package
from tests.conftest import REPOSITORY

HEAD = """\
import random
from pathlib import Path

from remotemedia import *
from remotemedia.nodes.audio import *


class Count(Node):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.seen = 0
        self.last = []

    def process(self, value):
        self.seen += 1
        self.last = [*self.last[-2:], value]
        return [self.seen, self.last, random.random()]


class Split(Node):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.given = 0

    def process(self, value):
        for part in range(3):
            self.given += 1
            yield [part, self.given, value]

    def flush(self):
        return ["end", self.given]


class Levels(Node):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.sum = 0.0

    def process(self, value):
        array = value[0] if isinstance(value, tuple) else value
        self.sum += float(array[0]) if array.ndim == 1 else float(array[0][0])
        return self.sum


p = Pipeline("durable")
"""

SPEECH = """\
sound = AudioResampleNode(target_sample_rate=16000)
p.add(AudioSource()).add(AudioMixNode(channels=1)).add(sound)
p.add(AudioWindowNode(size=512, name="windows"), after=sound)
p.add(OnnxNode(Path(__file__).parent / "vad.onnx", state={"state": "stateN"}, context=64, constants={"sr": 16000}))
p.add(VoiceActivityDetector(include_metadata=False, name="detector"), after=sound)
p.add(AudioBuffer(1000, name="chunks"))
p.add(Levels())
"""

# The calls of `add`, the output's name, and whether the order of what comes out is one of several that are right.
GRAPHS: dict[str, tuple[str, str, bool]] = {
    "python": ("p.add(Count()).add(Split())", "out.jsonl", False),
    "native": (
        (
            "p.add(AudioSource()).add(AudioMixNode(channels=1)).add(AudioResampleNode(target_sample_rate=44100))\n"
            "p.add(AudioBuffer(441)).add(AudioWindowNode(size=512, hop=512)).add(FormatConverterNode('i16'))"
        ),
        "out.wav",
        False,
    ),
    "fan-out": (SPEECH, "out.jsonl", True),
    "by arrival": (
        (
            "source, a, b = Count(name='source'), Split(name='a'), Count(name='b')\np.add(source)\n"
            "p.add(a, after=source)\np.add(b, after=source)\np.add(PassThroughNode(), after=[a, b])"
        ),
        "out.jsonl",
        True,
    ),
    "source": (
        (
            "p.add(AudioSource(Path(__file__).parent / 'in.wav')).add(AudioResampleNode(target_sample_rate=16000))\n"
            "p.add(AudioBuffer(100))"
        ),
        "out.jsonl",
        False,
    ),
}


@dataclass
class Run:
    """One run of a package, in as many executors as it takes."""

    package: BuiltPackage
    directory: Path
    input: Path | None
    output: Path
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def checkpoints(self) -> Path:
        return self.directory / "checkpoints"

    def command(self, *, resume: bool | None, every_ms: int = 1) -> list[str]:
        """`resume` None is a run without checkpoints."""
        plan: dict[str, Any] = {"version": 1, "seed": 7, "packets": self.output.suffix != ".wav", **self.options}
        if resume is not None:
            plan["checkpoint"] = {"directory": str(self.checkpoints), "every_ms": every_ms, "resume": resume}
        file = self.directory / f"plan-{resume}.json"
        file.write_text(json.dumps(plan))
        command = [str(Executor.find().path), "run", "--package", str(self.package.path), "--digest"]
        command += [self.package.digest, "--plan", str(file), "--output", str(self.output), "--runner", str(RUNNER)]
        command += ["--input", str(self.input)] if self.input else []
        library = onnxruntime.library()
        return [*command, *(["--onnxruntime", str(library)] if library else [])]

    @contextmanager
    def started(self, *, resume: bool | None, every_ms: int = 1) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
        reading, writing = os.pipe()
        with os.fdopen(reading) as events:
            command = [*self.command(resume=resume, every_ms=every_ms), "--events-fd", str(writing)]
            with subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.PIPE, text=True) as child:
                os.close(writing)
                try:
                    yield child, events
                finally:
                    child.kill()

    def whole(self, *, resume: bool | None = None, every_ms: int = 1) -> list[dict[str, Any]]:
        """Run to the end; the events."""
        with self.started(resume=resume, every_ms=every_ms) as (child, events):
            told = [json.loads(line) for line in events]
            assert child.wait(60) == 0, told[-1:]
        return told

    def failure(self, *, resume: bool, every_ms: int = 1) -> dict[str, Any]:
        """Run into a failure; it."""
        with self.started(resume=resume, every_ms=every_ms) as (_, events):
            last = [json.loads(line) for line in events][-1]
        assert last["event"] == "error", last
        error: dict[str, Any] = last["error"]
        return error

    def killed(self, dice: random.Random, *, resume: bool) -> bool:
        """Kill it at a random moment: while it starts, or behind a checkpoint. Whether it was not at its end."""
        with self.started(resume=resume) as (child, events):
            if dice.random() < 0.3:
                time.sleep(dice.uniform(0, 0.1))
            else:
                until = dice.randrange(1, 5)
                for line in events:
                    until -= json.loads(line)["event"] == "checkpoint"
                    if until == 0:
                        time.sleep(dice.uniform(0, 0.004))
                        break
            child.kill()
            return child.wait() == -signal.SIGKILL


def lines(values: int) -> str:
    return "".join(f"{json.dumps({'value': value, 'text': 'x' * (value % 7)})}\n" for value in range(values))


def numbered(output: bytes) -> tuple[list[int], list[str]]:
    """The packets' numbers and their values, each in order: which came first where edges meet, no run says."""
    packets = [json.loads(line) for line in output.splitlines()]
    return sorted(it["seq"] for it in packets), sorted(json.dumps(it["value"]) for it in packets)


def recording(path: Path, seconds: float, rate: int = 16_000) -> None:
    """Noise that comes and goes, as a wav file."""
    frames = int(seconds * rate)
    noise = np.random.default_rng(3).normal(0, 0.1, frames) * (1 + np.sin(np.arange(frames) / rate * 4))
    data = (np.clip(noise, -1, 1) * 32767).astype("<i2").tobytes()
    head = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    head += (1).to_bytes(2, "little") + (1).to_bytes(2, "little") + rate.to_bytes(4, "little")
    head += (2 * rate).to_bytes(4, "little") + (2).to_bytes(2, "little") + (16).to_bytes(2, "little")
    path.write_bytes(head + b"data" + len(data).to_bytes(4, "little") + data)


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., Run]:
    """A run of one of the graphs, or of other calls of `add`."""

    def make(graph: str, *, seconds: float = 20, values: int = 1_500) -> Run:
        adds, output, _ = GRAPHS.get(graph, (graph, "out.jsonl", False))
        program = tmp_path / "pipeline.py"
        program.write_text(HEAD + adds)
        if "vad.onnx" in adds:
            os.link(REPOSITORY / "testdata/models/silero_vad_16k_op15.onnx", tmp_path / "vad.onnx")
        recording(tmp_path / "in.wav", seconds)
        (tmp_path / "in.jsonl").write_text(lines(values))
        package = build_package(program, tmp_path, environ={})
        source = None if "'in.wav'" in adds else tmp_path / ("in.wav" if "AudioSource" in adds else "in.jsonl")
        return Run(package, tmp_path, source, tmp_path / output)

    return make


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_run_that_is_killed_again_and_again_gives_what_it_would_have_given(
    graph: str, new_run: Callable[..., Run]
) -> None:
    run = new_run(graph)
    wanted = replace(run, output=run.directory / f"wanted{run.output.suffix}")
    wanted.whole()
    dice = random.Random(f"{graph} {os.environ.get('SEED', '0')}")  # noqa: S311 - moments, not secrets
    kills = 0
    for _ in range(int(os.environ.get("KILLS", "6"))):
        if run.output.exists():
            run.whole(resume=True)
            assert not list(run.directory.glob("out*.part*"))
            run.output.unlink()
            for file in run.checkpoints.iterdir():
                file.unlink()
        kills += run.killed(dice, resume=run.checkpoints.exists())
    run.whole(resume=run.checkpoints.exists(), every_ms=50)
    assert kills > 0
    got, expected = run.output.read_bytes(), wanted.output.read_bytes()
    if graph == "by arrival":
        assert numbered(got) == numbered(expected)
    elif GRAPHS[graph][2]:
        assert sorted(got.splitlines()) == sorted(expected.splitlines())
    else:
        assert got == expected
    assert not list(run.directory.glob("out*.part*"))


def test_a_torn_checkpoint_is_left_out_for_the_one_before(new_run: Callable[..., Run]) -> None:
    run = new_run("python", values=4_000)
    wanted = replace(run, output=run.directory / "wanted.jsonl")
    wanted.whole()
    with run.started(resume=False) as (child, events):
        made = 0
        while made < 3:
            made += json.loads(next(events))["event"] == "checkpoint"
        child.kill()
    *_, newest = sorted(run.checkpoints.glob("*.checkpoint"))
    os.truncate(newest, newest.stat().st_size - 9)
    told = run.whole(resume=True, every_ms=50)
    assert any("is not whole" in event.get("message", "") for event in told)
    assert run.output.read_bytes() == wanted.output.read_bytes()


def test_an_executor_that_was_thought_dead_changes_nothing(new_run: Callable[..., Run]) -> None:
    run = new_run("python", values=4_000)
    wanted = replace(run, output=run.directory / "wanted.jsonl")
    wanted.whole()
    with run.started(resume=False) as (stopped, events):
        while json.loads(next(events))["event"] != "checkpoint":
            pass
        stopped.send_signal(signal.SIGSTOP)
        error = run.failure(resume=True)
        assert (error["code"], str(stopped.pid) in error["message"]) == ("RM625", True)
        # As if the other ran on another machine, which knows nothing of this one's locks.
        (run.checkpoints / "lock").unlink()
        run.whole(resume=True, every_ms=50)
        stopped.send_signal(signal.SIGCONT)
        last = [json.loads(line) for line in events][-1]
        assert last["event"] == "error", last
        assert (last["error"]["code"], "another executor" in last["error"]["message"]) == ("RM625", True)
    assert run.output.read_bytes() == wanted.output.read_bytes()


def test_a_run_that_has_ended_stays_so(new_run: Callable[..., Run]) -> None:
    run = new_run("python", values=10)
    told = run.whole(resume=False)
    before = run.output.read_bytes()
    assert any("had ended" in event.get("message", "") for event in run.whole(resume=True))
    assert run.output.read_bytes() == before
    assert told[-1]["event"] == "done"


def test_checkpoints_are_told_with_their_size_and_pause(new_run: Callable[..., Run]) -> None:
    told = new_run("python").whole(resume=False)
    made = [event for event in told if event["event"] == "checkpoint"]
    assert [event["n"] for event in made] == list(range(1, len(made) + 1))
    assert made
    assert all(event["bytes"] > 0 and event["pause_ms"] > 0 for event in made)


def interrupted(run: Run) -> None:
    with run.started(resume=False) as (child, events):
        while json.loads(next(events))["event"] != "checkpoint":
            pass
        child.kill()


def test_a_run_goes_on_only_as_what_it_was(new_run: Callable[..., Run]) -> None:
    run = new_run("python", values=4_000)
    interrupted(run)
    again = run.failure(resume=False)
    assert (again["code"], "--resume" in again["hint"]) == ("RM625", True)
    seeded = replace(run, options={"seed": 8}).failure(resume=True)
    assert (seeded["code"], "parameters and seed" in seeded["message"]) == ("RM623", True)
    elsewhere = replace(run, output=run.directory / "other.jsonl").failure(resume=True)
    assert (elsewhere["code"], "output" in elsewhere["message"]) == ("RM623", True)
    assert run.input
    with run.input.open("a") as file:
        file.write("1\n")
    changed = run.failure(resume=True)
    assert (changed["code"], "an input" in changed["message"]) == ("RM623", True)


def test_what_cannot_go_on_is_refused_at_the_start(new_run: Callable[..., Run]) -> None:
    run = new_run("python", values=10)
    assert replace(run, input=Path("-")).failure(resume=False)["code"] == "RM625"
    assert replace(run, options={"pace": "live"}).failure(resume=False)["code"] == "RM625"
    assert replace(run, output=Path("-")).failure(resume=False)["code"] == "RM701"
    assert replace(run, output=run.directory / "out.jsonl").failure(resume=True)["code"] == "RM623"


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (
            (
                "class Open(Node):\n    def __init__(self, **kw):\n        super().__init__(**kw)\n"
                "        self.rest = iter(x for x in [1])\n    def process(self, value):\n        return value\n"
            ),
            "generator",
        ),
        ("class Open(Node):\n    def process(self):\n        yield 1\n", "source"),
    ],
)
def test_a_node_whose_state_cannot_be_told_is_refused(node: str, reason: str, new_run: Callable[..., Run]) -> None:
    run = new_run(f"{node}\np.add(Open())")
    is_source = reason == "source"
    error = replace(run, input=None if is_source else run.input).failure(resume=False)
    assert (error["code"], error["node"]) == ("RM624", "Open")
    assert reason in error["message"]
