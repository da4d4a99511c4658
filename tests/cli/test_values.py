"""Arguments, parameters and secrets from a source file to the sandbox, by the commands alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remotemedia.runtime.publish import build_package
from tests.conftest import Command

NODES = """\
from dataclasses import dataclass

from remotemedia import Node


@dataclass
class Window:
    size: int
    kind: str = "hann"


class Report(Node):
    def __init__(self, rate, key, window, taps, **kwargs):
        super().__init__(**kwargs)
        self.rate, self.key, self.window, self.taps = rate, key, window, taps

    def process(self, value):
        if value == "tell":
            print(self.key)
            raise ValueError(f"the key is {self.key!r}")
        return [self.rate, len(self.key), self.window.kind, self.taps.tolist(), self.taps.dtype]
"""
SOURCE = """\
import numpy as np

from nodes import Report, Window
from remotemedia import Pipeline

p = Pipeline("report")
rate = p.param("rate", 16000, "samples per second")
p.add(Report(rate, p.secret("API_KEY"), Window(512), np.linspace(0, 1, 3, dtype="float32")))
"""
SECRET = "s3cr3t-value"  # noqa: S105 - what must not show


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    (place / "nodes.py").write_text(NODES)
    (place / "pipeline.py").write_text(SOURCE)
    return build_package(place / "pipeline.py", place, environ={}).path


def test_parameters_and_secrets_are_given_on_the_command_line(
    remotemedia: Command, package: Path, tmp_path: Path
) -> None:
    env = {"HOLDER": SECRET}
    done = remotemedia("run", package, "-i", "-", "--secret", "API_KEY=env:HOLDER", stdin="1\n", env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [16000, len(SECRET), "hann", [0.0, 0.5, 1.0], "f32"]
    file = tmp_path / "key"
    file.write_text("12345\r\n")
    words = ("run", package, "-i", "-", "--set", "rate=8000", "--secret", f"API_KEY=file:{file}")
    done = remotemedia(*words, stdin="1\n")
    assert json.loads(done.stdout)[:2] == [8000, 5]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), "RM214", "expected a value of the secret `API_KEY`, got none"),
        (("--secret", f"API_KEY={SECRET}"), "RM701", "expected `NAME=env:VARIABLE` or `NAME=file:PATH`"),
        (("--secret", "API_KEY=env:NOT_SET_ANYWHERE"), "RM701", "the variable `NOT_SET_ANYWHERE`, which is not set"),
        (("--secret", "API_KEY=file:/nowhere/key"), "RM701", "`/nowhere/key`: no such file"),
        (("--secret", "API_KEY=env:HOLDER", "--secret", "API_KEY=env:HOLDER"), "RM701", "once, got it twice"),
        (("--secret", "API_KEY=env:HOLDER", "--secret", "KEY=env:HOLDER"), "RM214", "got `KEY`"),
        (("--secret", "API_KEY=env:HOLDER", "--set", "rat=1"), "RM214", "expected a declared parameter (`rate`)"),
        (("--secret", "API_KEY=env:HOLDER", "--set", "rate=fast"), "RM211", "expected an integer for parameter `rate`"),
    ],
)
def test_values_that_do_not_fit_are_refused(
    remotemedia: Command, package: Path, words: tuple[str, ...], code: str, message: str
) -> None:
    done = remotemedia("run", package, "-i", "-", *words, stdin="1\n", env={"HOLDER": SECRET})
    assert done.returncode != 0
    assert f"error[{code}]" in done.stderr
    assert message in done.stderr
    assert SECRET not in done.stderr


def test_a_secret_shows_nowhere(remotemedia: Command, package: Path, home: Path, tmp_path: Path) -> None:
    env = {"HOLDER": SECRET, "API_KEY": SECRET, "TMPDIR": str(tmp_path)}
    words = ("run", package, "-i", "-", "--secret", "API_KEY=env:HOLDER")
    done = remotemedia(*words, stdin='"tell"\n', env=env)
    assert "error[RM602]" in done.stderr
    assert "the key is '***'" in done.stderr
    assert SECRET not in done.stderr + done.stdout
    assert SECRET not in remotemedia("inspect", package, env=env).stdout
    assert SECRET not in remotemedia("inspect", package, "--manifest", env=env).stdout
    kept = [file for place in (home, tmp_path, package.parent) for file in place.rglob("*") if file.is_file()]
    assert [file for file in kept if SECRET.encode() in file.read_bytes()] == []


def test_inspect_shows_what_a_run_may_give(remotemedia: Command, package: Path) -> None:
    shown = remotemedia("inspect", package).stdout
    assert "\nparameters\n  rate=16000  samples per second\n\nsecrets\n  API_KEY\n" in shown
    assert "data/" in shown
    told = json.loads(remotemedia("inspect", package, "--json").stdout)
    assert told["parameters"] == {"rate": {"default": 16000, "description": "samples per second"}}
    assert told["secrets"] == ["API_KEY"]


SPEECH = Path(__file__).resolve().parents[2] / "testdata"
MODEL = """\
import numpy as np

from remotemedia import AudioSource, OnnxNode, Pipeline
from remotemedia.nodes.audio import AudioMixNode, AudioResampleNode, AudioWindowNode

p = Pipeline("probabilities")
p.add(AudioSource()).add(AudioMixNode(channels=1)).add(AudioResampleNode(16000)).add(AudioWindowNode(size=512))
p.add(OnnxNode("vad.onnx", state={"state": "stateN"}, context=64, constants={"sr": RATE}))
"""


def test_models_take_arrays(remotemedia: Command, tmp_path: Path) -> None:
    sound = min((SPEECH / "speech").glob("*.wav"))
    outputs: list[str] = []
    for rate in ("16000", "np.array(16000)", "np.array(16000, dtype='int64')"):
        place = tmp_path / str(len(outputs))
        place.mkdir()
        (place / "vad.onnx").write_bytes((SPEECH / "models" / "silero_vad_16k_op15.onnx").read_bytes())
        (place / "pipeline.py").write_text(MODEL.replace("RATE", rate))
        package = build_package(place / "pipeline.py", place, environ={}).path
        done = remotemedia("run", package, "-i", sound)
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    assert outputs[0]
    assert outputs[1:] == outputs[:1] * 2


def test_a_node_of_another_machine_is_not_run_here(remotemedia: Command, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(
        "from remotemedia import Node, Pipeline, RemoteExecutorConfig\n"
        "class Own(Node):\n    def process(self, value):\n        return value\n"
        'p = Pipeline("far")\np.add(Own(remote_config=RemoteExecutorConfig("gpu.example", 50052)))\n'
    )
    package = build_package(tmp_path / "pipeline.py", tmp_path, environ={}).path
    done = remotemedia("run", package, "-i", "-", stdin="1\n")
    assert done.returncode == 1
    assert "error[RM610]: node `Own` runs on `gpu.example:50052`, which this executor cannot reach" in done.stderr
