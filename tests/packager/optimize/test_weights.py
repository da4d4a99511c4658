"""Weights are where the quantizers look for them, and outputs what they were."""

from collections.abc import Callable

import numpy as np
import pytest
from onnx import ModelProto

from remotemedia.packager.optimize._measure import Runner, error_between
from remotemedia.packager.optimize._weights import lift_weights
from tests.packager.optimize.models import WIDTH, branches, constant, dense, turned

RUNS = [{"x": np.random.default_rng(1).standard_normal((3, WIDTH)).astype(np.float32)}]


@pytest.mark.parametrize(
    ("made", "weights", "operators"),
    [
        (dense, {"w"}, ["MatMul"]),
        (constant, {"w"}, ["MatMul"]),
        (turned, {"only_turned", "both"}, ["Transpose", "MatMul", "MatMul", "MatMul"]),
    ],
)
def test_weights_are_lifted(made: Callable[[], ModelProto], weights: set[str], operators: list[str]) -> None:
    model = made()
    before = Runner(model.SerializeToString(), {}, {}).over(RUNS)
    lift_weights(model)
    assert {it.name for it in model.graph.initializer} == weights
    assert [it.op_type for it in model.graph.node] == operators
    assert error_between(before, Runner(model.SerializeToString(), {}, {}).over(RUNS)) < 1e-6


def test_weights_of_branches_stay_in_them() -> None:
    model = branches()
    runs = [{**RUNS[0], "flag": np.array(flag)} for flag in (True, False)]
    before = Runner(model.SerializeToString(), {}, {}).over(runs)
    lift_weights(model)
    assert not model.graph.initializer
    assert error_between(before, Runner(model.SerializeToString(), {}, {}).over(runs)) < 1e-6
