"""Models of packages: in the executor's process or in a confined one, with weights of their own, and hostile ones."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from remotemedia import Node, OnnxNode, Pipeline
from remotemedia.errors import CompileError
from remotemedia.packager import BuiltPackage
from remotemedia.runtime import onnxruntime
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.publish import build_package

TESTDATA = Path(__file__).parents[2] / "testdata"
HOSTILE = TESTDATA / "models" / "hostile"
SMALL = Path(__file__).parents[2] / "rust_exec" / "onnx" / "tests" / "data"
LIBRARY = onnxruntime.library()
SOURCE = """\
from remotemedia import OnnxNode, Pipeline

p = Pipeline("p")
p.add(OnnxNode("m.onnx", {}))
"""
TIMEOUT = 0.5
"""Seconds that a node has for one call."""
SLACK = 1.5
"""Seconds beside them: starting a process, and a machine that does much else."""


def packed(folder: Path, model: Path, arguments: str = 'input="x", output="y"') -> BuiltPackage:
    """A package of one model."""
    shutil.copy(model, folder / "m.onnx")
    (folder / "pipeline.py").write_text(SOURCE.format(arguments))
    return build_package(folder / "pipeline.py", folder, environ={})


@dataclass
class Ran:
    """What came of a run, and how long the nodes took to be made and run."""

    status: int
    values: list[Any]
    error: dict[str, Any] | None
    seconds: float


def execute(
    package: BuiltPackage,
    line: str,
    *,
    memory_mb: int = 128,
    trusted: bool = False,
    program: Path | None = None,
    library: Path | None = LIBRARY,
) -> Ran:
    """Run a package on one value, by the bare program."""
    limits = {"timeout_s": TIMEOUT, "memory_mb": memory_mb}
    plan = {"version": 1, "nodes": {"OnnxNode": {"limits": limits}}, "signer_trusted": trusted}
    file = package.path.parent / "plan.json"
    file.write_text(json.dumps(plan))
    reading, writing = os.pipe()
    with os.fdopen(reading) as events:
        command = [str(program or Executor.find().path), "run", "--package", str(package.path)]
        command += ["--digest", package.digest, "--plan", str(file), "--input", "-", "--events-fd", str(writing)]
        command += ["--onnxruntime", str(library)] if library else []
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(writing,), env={}, text=True
        ) as child:
            os.close(writing)
            out, _ = child.communicate(f"{line}\n", timeout=30)
        told = [json.loads(each) for each in events]
    opened = next(each["at_ms"] for each in told if each.get("name") == "open")
    error = next((each["error"] for each in told if each["event"] == "error"), None)
    seconds = (told[-1]["at_ms"] - opened) / 1000
    return Ran(child.returncode, [value_of(json.loads(each)) for each in out.splitlines()], error, seconds)


def value_of(line: Any) -> Any:
    """A line of output, with lists in the place of tensors."""
    if isinstance(line, dict) and "$tensor" in line:
        return np.frombuffer(base64.b64decode(line["data"]), np.float32).tolist()
    return line


def is_alive(words: str) -> bool:
    """Whether a process has these words in its command line."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if words in place.read_text():
                return True
        except OSError:
            continue  # it has ended
    return False


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("endless-loop", "RM603"),
        ("memory-bomb", "RM604"),
        ("folded-bomb", "RM604"),
        ("shape-overflow", "RM608"),
        ("deep-graph", "RM608"),
        ("truncated", "RM608"),
        ("unknown-operator", "RM608"),
    ],
)
def test_a_hostile_model_fails_by_its_code_in_time_and_leaves_nothing(name: str, code: str, tmp_path: Path) -> None:
    memory_mb = 101 + len(name)
    ran = execute(packed(tmp_path, HOSTILE / f"{name}.onnx"), "[1.0]", memory_mb=memory_mb)
    assert ran.error is not None
    assert (ran.error["code"], ran.values) == (code, []), ran.error
    assert ran.seconds < TIMEOUT + SLACK
    time.sleep(0.05)
    assert not is_alive(f'"memory":{(memory_mb + 256) << 20}')


def test_weights_outside_of_the_package_are_refused_by_name(tmp_path: Path) -> None:
    for name in ("weights-above", "weights-absolute", "weights-missing"):
        folder = tmp_path / name
        folder.mkdir()
        with pytest.raises(CompileError) as caught:
            packed(folder, HOSTILE / f"{name}.onnx")
        assert caught.value.code == "RM109"


@pytest.mark.parametrize("trusted", [False, True])
def test_weights_beside_the_model_travel_and_are_read_from_the_package(trusted: bool, tmp_path: Path) -> None:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xy")
    weight = onnx.numpy_helper.from_array(np.arange(600, dtype=np.float32), "k")
    nodes = [helper.make_node("ReduceSum", ["k"], ["s"], keepdims=0), helper.make_node("Add", ["x", "s"], ["y"])]
    graph = helper.make_graph(nodes, "split", [x], [y], initializer=[weight])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    (tmp_path / "w").mkdir()
    onnx.save(made, tmp_path / "split.onnx", save_as_external_data=True, location="m.weights", size_threshold=0)
    ran = execute(packed(tmp_path, tmp_path / "split.onnx"), "[1.0]", trusted=trusted)
    assert (ran.status, ran.values) == (0, [[599 * 300 + 1.0]]), ran.error


@pytest.mark.parametrize("trusted", [False, True])
def test_a_model_gives_the_same_wherever_it_runs(trusted: bool, tmp_path: Path) -> None:
    arguments = 'inputs={"a": "in", "b": "in"}, outputs={"out": ["sum", "product"]}'
    ran = execute(packed(tmp_path, SMALL / "pair.onnx", arguments), '{"a": [2, 3], "b": [4, 5]}', trusted=trusted)
    assert (ran.status, ran.error) == (0, None)
    ran = execute(packed(tmp_path, SMALL / "add.onnx", 'input="x", output="y", constants={"k": [1, 2]}'), "[1, 2, 3]")
    assert (ran.error or {})["message"].startswith("node `OnnxNode` failed in process: the model could not be run: ")


def test_the_library_is_found_beside_the_program_and_its_absence_tells_where_it_was_looked_for(tmp_path: Path) -> None:
    package = packed(tmp_path, SMALL / "echo-rank-1.onnx")
    program = tmp_path / "bin" / "remotemedia-executor"
    program.parent.mkdir()
    shutil.copy(Executor.find().path, program)
    ran = execute(package, "[1.5]", program=program, library=None)
    assert (ran.error or {})["code"] == "RM609"
    for place in ("`REMOTEMEDIA_ONNXRUNTIME`", f"`{program.parent}/./libonnxruntime.so`", "../lib/libonnxruntime.so`"):
        assert place in (ran.error or {})["message"]
    assert LIBRARY is not None
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / LIBRARY.name).symlink_to(LIBRARY)
    assert execute(package, "[1.5]", program=program, library=None).values == [[1.5]]


PORTS = """\
from remotemedia import AudioSource, OnnxNode, Pipeline

p = Pipeline("p")
source, model = AudioSource(), OnnxNode("m.onnx", inputs={{"a": "left", "b": "right"}}, outputs={{"sums": "sum"}})
p.add(source)
p.add(model, after=[])
p.connect(source, model, to_port="left")
p.connect(source, model, to_port="{}")
"""


def test_a_program_connects_the_ports_that_a_node_names_and_no_others(tmp_path: Path) -> None:
    shutil.copy(SMALL / "pair.onnx", tmp_path / "m.onnx")
    (tmp_path / "pipeline.py").write_text(PORTS.format("right"))
    build_package(tmp_path / "pipeline.py", tmp_path, environ={})
    (tmp_path / "pipeline.py").write_text(PORTS.format("in"))
    with pytest.raises(CompileError) as caught:
        build_package(tmp_path / "pipeline.py", tmp_path, environ={})
    assert caught.value.code == "RM118"


class Twice(Node):
    """Gives the double."""

    def process(self, value: Any) -> Any:
        """Double it."""
        return value * 2


def test_ports_that_a_node_names_are_those_of_the_graph() -> None:
    p = Pipeline("p")
    one, two = Twice(name="one"), Twice(name="two")
    inputs, outputs = {"a": "left", "b": "right"}, {"sums": "sum", "all": ["product"]}
    pair = OnnxNode(SMALL / "pair.onnx", inputs=inputs, outputs=outputs, name="pair")
    p.add(one).add(two, after=[]).add(pair, after=[])
    p.connect(one, pair, to_port="left")
    p.connect(two, pair, to_port="right")
    given = p.run(np.array([1.0, 3.0], np.float32))
    sums, both = given
    assert np.array_equal(sums, np.array([4, 12], np.float32))
    assert np.array_equal(both["product"], np.array([4, 36], np.float32))
