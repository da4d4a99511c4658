"""Weights in half precision: wherever they stand, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, numpy_helper

from remotemedia.packager.optimize._fp16 import halve
from remotemedia.packager.optimize._measure import Runner, error_between
from remotemedia.packager.optimize._weights import graphs, names
from tests.packager.optimize.models import WIDTH, branches, constant, dense

X = np.random.default_rng(1).standard_normal((3, WIDTH)).astype(np.float32)


@pytest.mark.parametrize("made", [dense, constant, branches])
def test_outputs_stay_what_they_are_and_the_file_is_half(made: Callable[[], ModelProto]) -> None:
    model = made()
    original = model.SerializeToString()
    changed = halve(model)
    assert changed == (2 if made is branches else 1)
    smaller = model.SerializeToString()
    assert len(smaller) < 0.6 * len(original)
    onnx.checker.check_model(model, full_check=True)
    flags = [True, False] if made is branches else [None]
    runs = [{"x": X} if flag is None else {"x": X, "flag": np.array(flag)} for flag in flags]
    error = error_between(Runner(original, {}, {}).over(runs), Runner(smaller, {}, {}).over(runs))
    assert 0 < error < 2**-11


def test_what_does_not_fit_or_may_be_replaced_stays() -> None:
    model = dense()
    weight = numpy_helper.to_array(model.graph.initializer[0]).copy()
    weight[0, 0] = 1e6
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weight, "w"))
    assert halve(model) == 0

    listed = dense()
    listed.graph.input.append(onnx.helper.make_tensor_value_info("w", TensorProto.FLOAT, [WIDTH, WIDTH]))
    assert halve(listed) == 0


def test_new_names_are_new() -> None:
    model = dense()
    model.graph.node[0].input[0] = "w.fp16"
    model.graph.input[0].name = "w.fp16"
    halve(model)
    assert {it.name for it in model.graph.initializer} == {"w.fp16_"}
    assert {"w", "w.fp16", "w.fp16_"} <= names(model)


def test_silero_speaks_as_before(tmp_path: Path) -> None:
    model = onnx.load(Path(__file__).parents[3] / "testdata/models/silero_vad_16k_op15.onnx")
    assert sum(1 for _ in graphs(model)) > 10
    original = model.SerializeToString()
    assert halve(model) == 9
    assert len(model.SerializeToString()) < 0.53 * len(original)
