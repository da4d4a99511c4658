"""Arguments of every form, from a running program through a package into the sandbox."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remotemedia.compiler import Program
from remotemedia.compiler._program import DataFile, SourceModule
from remotemedia.errors import ManifestError, RemoteMediaError
from remotemedia.packager import BuildOptions, BuiltPackage, build
from remotemedia.pipeline import Pipeline
from remotemedia.runtime._choice import NodeChoice
from remotemedia.runtime._plan import RunOptions, make_plan
from remotemedia.runtime.executor import Executor

NODE = """\
import datetime
import enum
import math
from dataclasses import dataclass
from typing import NamedTuple

from remotemedia import Array, Node, Pipeline


class Colour(enum.Enum):
    RED = 1


@dataclass(frozen=True)
class Window:
    size: int
    kind: str = "hann"


class Point(NamedTuple):
    x: int
    y: float


def double(value):
    return 2 * value


class Gain(Node):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, value):
        return value * self.factor


class Inspect(Node):
    def __init__(self, value, **kwargs):
        super().__init__(**kwargs)
        self.value = value

    def process(self, question):
        return eval(question, globals(), {"v": self.value})


p = Pipeline("inspect")
"""

Run = Callable[..., Any]


def loaded(file: Path) -> Pipeline:
    """Run a program: its pipeline."""
    name = f"values_of_{file.parent.name}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pipeline: Pipeline = module.p
    return pipeline


def packed(pipeline: Pipeline, directory: Path) -> BuiltPackage:
    """Build what the running pipeline states, as the compiler would hand it over."""
    manifest = pipeline.to_manifest()
    text = pipeline.source.read_text(encoding="utf-8")
    program = Program(
        root=pipeline.project.root,
        source=pipeline.source,
        manifest=manifest,
        files=(),
        modules=(SourceModule("pipeline.py", hashlib.sha256(text.encode()).hexdigest(), text),),
        entries=tuple({node["entry"] for node in manifest["nodes"] if "entry" in node}),
        imports=(),
        data=tuple(
            DataFile(path, hashlib.sha256(content).hexdigest(), content) for path, content in pipeline.arrays().items()
        ),
    )
    return build(program, directory, BuildOptions({"SOURCE_DATE_EPOCH": "0"}, tool_version="0"))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a program's pipeline in the sandbox on one question: `run(source, question, settings={…}, secrets={…})`."""

    def executed(source: str, question: str, **options: Any) -> Any:
        file = tmp_path / "pipeline.py"
        file.write_text(NODE + source)
        pipeline = loaded(file)
        package = packed(pipeline, tmp_path)
        asked, told = tmp_path / "question.jsonl", tmp_path / "answer.jsonl"
        asked.write_text(json.dumps(question))
        chosen = RunOptions(input=str(asked), output=told, **options)
        ids = [node["id"] for node in pipeline.to_manifest()["nodes"]]
        choices = [NodeChoice(it, package.runtimes[it]) for it in ids]
        events: list[dict[str, Any]] = []
        with (tmp_path / "events.jsonl").open("w") as log:
            try:
                Executor.find().run(
                    package.path,
                    package.digest,
                    make_plan(choices, chosen),
                    directory=tmp_path,
                    home=tmp_path / "home",
                    on_event=events.append,
                    secrets=chosen.secrets,
                )
            finally:
                log.write(json.dumps(events))
        return json.loads(told.read_text())

    return executed


VALUES = {
    "v != v and v.__class__ is float": "float('nan')",
    "v == (math.inf, -math.inf)[1]": "float('-inf')",
    "v == 2**70": "2**70",
    "v == bytes(range(256))": "bytes(range(256))",
    "v == {1: 'a', None: 'b', 2.5: {'$x': [True]}}": "{1: 'a', None: 'b', 2.5: {'$x': [True]}}",
    "v == {1, 'a', (2, 3), frozenset({4})}": "{1, 'a', (2, 3), frozenset({4})}",
    "v is Colour.RED": "Colour.RED",
    "v is double and v(2) == 4": "double",
    "v(9.0) == 3.0": "math.sqrt",
    "v is Window": "Window",
    "v == Window(512, 'hamming')": "Window(512, kind='hamming')",
    "v == Point(1, 2.5) and v.y == 2.5": "Point(1, 2.5)",
    "v == datetime.timedelta(hours=1)": "datetime.timedelta(hours=1)",
    "v == {'a': [Window(1), {Colour.RED: Point(1, 2.0)}]}": "{'a': [Window(1), {Colour.RED: Point(1, 2.0)}]}",
    "v == Array([1, 2, 3, -4], 'i16', (2, 2))": "Array([1, 2, 3, -4], 'i16', (2, 2))",
    "isinstance(v, Gain) and v.factor == 3": "Gain(factor=3)",
}


@pytest.mark.parametrize(("question", "value"), VALUES.items(), ids=VALUES.values())
def test_scenario_handle_complex_data_types(run: Run, question: str, value: str) -> None:
    assert run(f"p.add(Inspect({value}))\n", question) is True


def test_numpy_arrays_arrive_equal(run: Run) -> None:
    source = "import numpy as np\np.add(Inspect(np.arange(6, dtype='>f8').reshape(2, 3).T))\n"
    # The sandbox has no numpy, and does not need it for the argument.
    assert run(source, "[v.dtype, list(v.shape), v.tolist()]") == ["f64", [3, 2], [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]]


DECLARED = """\
rate = p.param("rate", 16000, "samples per second")
key = p.secret("API_KEY")
p.add(Inspect([rate, {"key": key}, Window(rate), Gain(factor=rate)]))
"""
ASKED = "[v[0], len(v[1]['key']), v[2].size, v[3].factor]"


def test_parameters_and_secrets_arrive(run: Run) -> None:
    assert run(DECLARED, ASKED, secrets={"API_KEY": "s3cr3t"}) == [16000, 6, 16000, 16000]
    assert run(DECLARED, ASKED, secrets={"API_KEY": "s3cr3t"}, settings={"rate": 8000}) == [8000, 6, 8000, 8000]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({}, "RM214", "expected a value of the secret `API_KEY`, got none"),
        ({"secrets": {"API_KEY": "x", "OTHER": "y"}}, "RM214", "expected a declared secret (`API_KEY`), got `OTHER`"),
        (
            {"secrets": {"API_KEY": "x"}, "settings": {"rat": 1}},
            "RM214",
            "override `rat`: expected a declared parameter (`rate`), got `rat`",
        ),
        (
            {"secrets": {"API_KEY": "x"}, "settings": {"rate": "fast"}},
            "RM211",
            "expected an integer for parameter `rate`, got the string `fast`",
        ),
    ],
)
def test_values_that_do_not_fit_are_refused(run: Run, options: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        run(DECLARED, "1", **options)
    assert caught.value.code == code
    assert message.removeprefix("override `rat`: ") in caught.value.message


def test_secrets_are_in_no_file_message_or_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY_SOURCE", "s3cr3t-value")
    with pytest.raises(RemoteMediaError) as caught:
        run(DECLARED, "print(v[1]) or int(v[1]['key'])", secrets={"API_KEY": "s3cr3t-value"})
    assert caught.value.code == "RM602"
    assert "***" in json.dumps(caught.value.details)
    assert "s3cr3t" not in f"{caught.value} {caught.value.hint} {caught.value.details}"
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.name == "plan.json" for file in kept)
    assert any("print" in file.read_text() or "***" in file.read_text() for file in kept if file.name == "events.jsonl")
    assert [file for file in kept if b"s3cr3t" in file.read_bytes()] == []


def test_the_executor_gets_secrets_neither_as_arguments_nor_in_its_environment(tmp_path: Path) -> None:
    spy, seen = tmp_path / "spy", tmp_path / "seen"
    spy.write_text(
        "#!/bin/sh\n"
        f'(echo "$@"; env) > {seen}\n'
        'while [ $# -gt 0 ]; do [ "$1" = --secrets-fd ] && fd=$2; shift; done\n'
        f"cat /dev/fd/$fd > {tmp_path / 'read'}\n"
    )
    spy.chmod(0o755)
    os.environ["HOLDS_IT"] = "s3cr3t-value"
    try:
        Executor(spy).run(
            tmp_path, "sha256:0", {}, directory=tmp_path, home=tmp_path, on_event=lambda _: None,
            secrets={"KEY": "s3cr3t-value"},
        )  # fmt: skip
    finally:
        del os.environ["HOLDS_IT"]
    assert "s3cr3t" not in seen.read_text()
    assert json.loads((tmp_path / "read").read_text()) == {"KEY": "s3cr3t-value"}
