"""Large wheels with native code, from an index, on the host's Python by grant."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest
from onnx import TensorProto, helper

from tests.conftest import Command

pytestmark = pytest.mark.full

PROGRAM = """\
from base64 import b64decode

import numpy as np
import onnxruntime

from remotemedia import Node, Pipeline

MODEL = "{model}"


class Sum(Node):
    def initialize(self):
        self.session = onnxruntime.InferenceSession(b64decode(MODEL))

    def process(self, value):
        [total] = self.session.run(None, {{"x": np.array(value, np.float32)}})
        return float(total)


p = Pipeline("sum")
p.add(Sum())
"""


def model() -> str:
    """The sum of a vector, as base64."""
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
    total = helper.make_tensor_value_info("y", TensorProto.FLOAT, [])
    graph = helper.make_graph([helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)], "sum", [given], [total])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return b64encode(made.SerializeToString()).decode()


def test_numpy_and_onnxruntime_run_from_locked_wheels(remotemedia: Command, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(PROGRAM.format(model=model()))
    built = remotemedia("build", tmp_path / "pipeline.py", "-o", tmp_path / "out", "--lock-python", "--json")
    assert built.returncode == 0, built.stderr
    package = json.loads(built.stdout)["path"]
    done = remotemedia("run", package, "--allow", "Sum:python", "--input", "-", stdin="[1, 2]\n[4]\n")
    assert (done.returncode, done.stdout) == (0, "3.0\n4.0\n"), done.stderr
