"""The built-in nodes for values of any kind, native and sandboxed: they give what they give in process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from remotemedia.compiler import compile_file, explain
from remotemedia.packager import BuiltPackage
from remotemedia.runtime.executor import RUNNER, Executor
from remotemedia.runtime.publish import build_package
from remotemedia.schemas import node_table

FUNCTIONS = """\
def shouted(text):
    return text + "!"


def length(text):
    return len(text)
"""

# Calls of `add`, the values that come in, and those that come out.
CHAINS: dict[str, tuple[str, list[Any], list[Any]]] = {
    "values": (
        """
        p.add(DataSource()).add(MultiplyNode(factor=3)).add(AddNode(1)).add(PassThroughNode()).add(BufferNode(2))
        p.add(FormatConverter("text")).add(PythonNode(shouted)).add(TextTransformNode(textwrap.dedent))
        p.add(DataTransform(length)).add(DataSink())
        """,
        [1, 2, 3],
        [len("[4, 7]!"), len("[10]!")],
    ),
    "calculator": (
        "p.add(CalculatorNode())",
        [{"operation": "power", "args": [2, 10]}],
        [
            {
                "operation": "power",
                "args": [2, 10],
                "result": 1024,
                "processed_by": "CalculatorNode[CalculatorNode]",
                "node_config": {},
            }
        ],
    ),
    "text": (
        'p.add(TextProcessorNode(name="words")).add(PythonNode(results))',
        [{"text": "one two", "operations": ["word_count", "reverse"]}],
        [{"word_count": 2, "reverse": "owt eno"}],
    ),
    "ends": ("p.add(VideoSource()).add(VideoSink())", [[[1, 2], [3, 4]]], [[[1, 2], [3, 4]]]),
    "functions": (
        "p.add(TextTransformNode(str.title)).add(DataTransform(str.split)).add(DataTransform())",
        ["the end", "of it"],
        [["The", "End"], ["Of", "It"]],
    ),
    "derived": ("p.add(Pairs(2))", [1, 2], [[[1, 2]]]),
}

PROGRAM = """\
import textwrap

from remotemedia import *

{functions}

def results(value):
    return value["results"]


class Pairs(BufferNode):
    def process(self, value):
        gathered = super().process(value)
        return gathered and [gathered]


p = Pipeline("builtins")
{adds}
"""


def packed(directory: Path, adds: str) -> BuiltPackage:
    lines = "\n".join(line.strip() for line in adds.strip().splitlines())
    file = directory / "pipeline.py"
    file.write_text(PROGRAM.format(functions=FUNCTIONS, adds=lines), encoding="utf-8")
    return build_package(file, directory, environ={})


def executed(package: BuiltPackage, lines: list[str]) -> subprocess.CompletedProcess[str]:
    command = [str(Executor.find().path), "run", "--package", str(package.path), "--digest", package.digest]
    return subprocess.run(
        [*command, "--runner", str(RUNNER), "--input", "-"],
        input="".join(f"{line}\n" for line in lines),
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(("adds", "values", "expected"), CHAINS.values(), ids=CHAINS)
def test_a_chain_of_them_runs_sandboxed(adds: str, values: list[Any], expected: list[Any], tmp_path: Path) -> None:
    done = executed(packed(tmp_path, adds), [json.dumps(value) for value in values])
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == expected


def test_every_one_of_them_is_in_a_chain() -> None:
    sandboxed = {entry.name for entry in node_table().values() if "python-wasm" in entry.kinds}
    text = " ".join(adds for adds, _, _ in CHAINS.values())
    assert {name for name in sandboxed if f"{name}(" not in text} == {"AudioSink"}  # in the next test


def test_sound_passes_through_its_sink(tmp_path: Path) -> None:
    sound = '{"$audio":{"format":"f32","rate":8000,"channels":1,"layout":"planar"},"data":"AAAAAAAAAAA="}'
    done = executed(packed(tmp_path, "p.add(AudioSource()).add(AudioSink())"), [sound])
    assert (done.returncode, done.stdout) == (0, sound + "\n"), done.stderr


@pytest.mark.parametrize(
    ("adds", "status", "said"),
    [
        ("p.add(DataSinkNode())", 3, "`python`"),
        ('p.add(HFPipelineNode("tts", host="ai.example:9000"))', 1, "ai.example:9000"),
        ('p.add(DataSink("out.jsonl"))', 1, "expected to write `out.jsonl`"),
    ],
)
def test_what_a_sandbox_cannot_do_is_said(adds: str, status: int, said: str, tmp_path: Path) -> None:
    done = executed(packed(tmp_path, adds), ["1"])
    assert done.returncode == status
    assert said in done.stderr, done.stderr


def test_what_calls_the_engine_is_not_for_the_sandbox(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.py"
    adds = "p.add(PassThroughNode()).add(MultiplyNode()).add(TextTransformNode(str.upper)).add(DataTransform(length))"
    file.write_text(PROGRAM.format(functions=FUNCTIONS, adds=adds), encoding="utf-8")
    rows = {row.id: (row.runtime, row.others) for row in explain(compile_file(file))}
    assert rows["MultiplyNode"] == ("native", ("python",))
    assert rows["PassThroughNode"] == rows["TextTransformNode"] == ("native", ("python-wasm", "python"))
    assert rows["DataTransform"] == ("python-wasm", ("python",))


def test_a_chain_gives_the_same_in_process() -> None:
    for adds, values, expected in CHAINS.values():
        scope: dict[str, Any] = {}
        lines = "\n".join(line.strip() for line in adds.strip().splitlines())
        exec(PROGRAM.format(functions=FUNCTIONS, adds=lines), scope)  # noqa: S102 - the program that is packed
        given = scope["p"].run(values)
        assert (given if len(expected) > 1 else [given]) == expected
