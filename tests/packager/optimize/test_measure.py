"""Errors, inputs, and what is written of them."""

from pathlib import Path

import numpy as np
import pytest

from remotemedia.packager.optimize import Attempt, Method, Reason
from remotemedia.packager.optimize._measure import Runner, error_between, inputs_of
from remotemedia.packager.optimize._samples import USUAL, Input, Wiring, recorded, rows_of_tables, seeded
from tests.packager.optimize.models import WIDTH, words

X = Input("x", "tensor(float)", ("batch", 2))


def off(wanted: object, got: object) -> float:
    return error_between([{"y": np.asarray(wanted)}], [{"y": np.asarray(got)}])


def test_the_error_is_relative_to_the_size_of_the_outputs() -> None:
    assert off([3.0, 4.0], [3.0, 4.0]) == 0
    assert off([30.0, 40.0], [30.0, 40.5]) == pytest.approx(0.01)
    assert off([1, 2, 3, 4], [1, 2, 3, 5]) == 0.5
    assert off([0.0], [1e-9]) == float("inf")
    assert off([1.0], [float("nan")]) == float("inf")
    assert off([float("nan"), 1.0], [float("nan"), 1.0]) == 0
    assert off([float("inf")], [1.0]) == float("inf")
    assert off([1.0], [[1.0]]) == float("inf")
    assert off(np.ones(1, np.float32), np.ones(1)) == float("inf")


def test_the_worst_output_counts() -> None:
    before, after = {"a": np.ones(4), "b": np.ones(4)}, {"a": np.ones(4), "b": np.ones(4) * 1.5}
    assert error_between([before], [after]) == 0.5


def test_made_up_inputs_are_the_same_each_time_and_lie_in_their_tables() -> None:
    model = words()
    inputs = inputs_of(model.SerializeToString(), rows_of_tables(model))
    first, second = list(seeded(inputs, {}, USUAL)), list(seeded(inputs, {}, USUAL))
    assert [runs[0]["ids"].shape for runs in first] == [(1, length) for length in USUAL]
    assert [[run["ids"].tolist() for run in runs] for runs in first] == [
        [run["ids"].tolist() for run in runs] for runs in second
    ]
    assert {int(it) for runs in first for run in runs for it in run["ids"].ravel()} == set(range(9))
    assert Runner(model.SerializeToString(), {}, {}).over(first[0])[0]["y"].shape == (1, 16, WIDTH)


def test_states_and_constants_are_those_of_the_node() -> None:
    wiring = Wiring({"sr": 16000}, {"h": "hn"})
    fixed = wiring.fixed([X, Input("sr", "tensor(int64)", ()), Input("h", "tensor(float)", (2, "batch", 3))])
    assert fixed["sr"].dtype == np.int64
    assert fixed["sr"] == 16000
    assert fixed["h"].shape == (2, 1, 3)
    with pytest.raises(ValueError, match="`t` is a `tensor\\(string\\)`"):
        list(seeded([Input("t", "tensor(string)", (1,))], {}, USUAL))


def test_recorded_inputs_are_those_whose_names_fit(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", x=np.ones((1, 2)))
    np.savez(tmp_path / "stacked.npz", x=np.arange(6).reshape(3, 1, 2))
    np.savez(tmp_path / "other.npz", z=np.ones(1))
    runs = recorded(sorted(tmp_path.iterdir()), [X], {})
    assert [run["x"].tolist() for run in runs] == [[[1, 1]], [[0, 1]], [[2, 3]], [[4, 5]]]
    assert {run["x"].dtype for run in runs} == {np.dtype(np.float32)}


def test_objects_are_not_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        recorded([tmp_path / "x.npz"], [X], {})


@pytest.mark.parametrize(
    ("error", "bound"), [(0.0, 0.0), (0.001, 0.001), (0.0010001, 0.002), (0.0231, 0.05), (0.06, 0.1), (1.0, 1.0)]
)
def test_the_document_has_errors_rounded_up(error: float, bound: float) -> None:
    assert Attempt(Method.FP16, Reason.CHOSEN, 10, error, (1.0, 2.0), "told").to_json() == {
        "method": "fp16",
        "reason": "chosen",
        "size": 10,
        "errorAtMost": bound,
    }


def test_infinite_errors_are_left_out() -> None:
    assert "errorAtMost" not in Attempt(Method.FP16, Reason.ERROR, 10, float("inf")).to_json()
