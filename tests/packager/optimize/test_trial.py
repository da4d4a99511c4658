"""One method on one model: what it gives, and why it does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import ModelProto

from remotemedia.packager.optimize import Method, Reason
from remotemedia.packager.optimize._apply import is_same_signature
from remotemedia.packager.optimize._refusals import KeptError, UnreadableError, UnusableDataError
from remotemedia.packager.optimize._samples import Wiring
from remotemedia.packager.optimize._trial import Task, attempt
from tests.packager.optimize.models import WIDTH, branches, dense, with_external_weights, words

HOSTILE = Path(__file__).parents[3] / "testdata/models/hostile"


def tried(path: Path, method: Method, out: Path, *calibration: Path, wiring: Wiring | None = None) -> dict[str, Any]:
    out.mkdir(exist_ok=True)
    return attempt(Task(path, out / "model", method, wiring or Wiring(), calibration))


def saved(model: ModelProto, path: Path) -> Path:
    onnx.save(model, path)
    return path


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    return saved(dense(rows=16 * WIDTH), tmp_path / "wide.onnx")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    path = tmp_path / "runs.npz"
    np.savez(path, x=np.random.default_rng(3).standard_normal((5, 2, 16 * WIDTH)))
    return path


@pytest.mark.parametrize(
    ("method", "share", "error"),
    [
        (Method.FP16, 0.52, 0.0005),
        (Method.INT8_DYNAMIC, 0.32, 0.02),
        (Method.INT8_STATIC, 0.35, 0.02),
        (Method.FOUR_BIT, 0.25, 0.15),
    ],
)
def test_each_method_gives_the_same_bytes_each_time(
    wide: Path,
    runs: Path,
    tmp_path: Path,
    method: Method,
    *,
    share: float,
    error: float,
) -> None:
    found = tried(wide, method, tmp_path / "one", runs)
    assert found["reason"] is Reason.CHOSEN
    assert found["inputs"] == "calibration"
    assert found["size"] < share * wide.stat().st_size
    assert 0 < found["error"] < error
    tried(wide, method, tmp_path / "two", runs)
    content = (tmp_path / "one/model").read_bytes()
    assert content == (tmp_path / "two/model").read_bytes()
    model, before = ModelProto.FromString(content), onnx.load(wide)
    assert is_same_signature(model, before)
    assert [(it.key, it.value) for it in model.metadata_props] == [("character", "abc")]
    assert (model.producer_name, model.graph.name, model.doc_string) == ("tests", "dense", "")


def test_weights_inside_branches(tmp_path: Path) -> None:
    found = tried(saved(branches(), tmp_path / "branches.onnx"), Method.FP16, tmp_path / "out")
    assert found["reason"] is Reason.CHOSEN
    assert found["size"] < 0.6 * (tmp_path / "branches.onnx").stat().st_size


def test_silero_gets_larger_by_naive_quantization(tmp_path: Path) -> None:
    path = HOSTILE.parent / "silero_vad_16k_op15.onnx"
    wiring = Wiring({"sr": 16000}, {"state": "stateN"})
    assert tried(path, Method.INT8_DYNAMIC, tmp_path / "out", wiring=wiring)["reason"] is Reason.LARGER


def test_weights_of_other_files_become_part_of_the_result(tmp_path: Path) -> None:
    path = with_external_weights(tmp_path, "m.onnx", "m.data")
    found = tried(path, Method.FP16, tmp_path / "out")
    assert found["size"] < 0.6 * (tmp_path / "m.data").stat().st_size


def test_tables_are_asked_for_rows_that_they_have(tmp_path: Path) -> None:
    assert tried(saved(words(), tmp_path / "words.onnx"), Method.FP16, tmp_path / "out")["inputs"] == "seeded"


def no_weights() -> ModelProto:
    model = dense()
    model.graph.node[0].op_type = "Add"
    del model.graph.initializer[:]
    model.graph.node[0].input[1] = "x"
    model.graph.output[0].type.CopyFrom(model.graph.input[0].type)
    return model


@pytest.mark.parametrize(
    ("made", "method", "reason"),
    [
        (lambda: dense(opset=8), Method.FP16, Reason.OPSET),
        (lambda: dense(opset=10), Method.INT8_DYNAMIC, Reason.OPSET),
    ],
)
def test_why_a_model_is_kept(tmp_path: Path, made: Callable[[], ModelProto], method: Method, reason: Reason) -> None:
    with pytest.raises(KeptError) as caught:
        tried(saved(made(), tmp_path / "model.onnx"), method, tmp_path / "out")
    assert caught.value.reason is reason


def test_what_has_no_weights_is_kept(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.ones((1, WIDTH)))
    path = saved(no_weights(), tmp_path / "model.onnx")
    found = tried(path, Method.FP16, tmp_path / "out", tmp_path / "x.npz")
    assert (found["reason"], found["inputs"]) == (Reason.NOTHING, "calibration")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("weights-above", Reason.WEIGHTS),
        ("weights-absolute", Reason.WEIGHTS),
        ("weights-missing", Reason.WEIGHTS),
        ("unknown-operator", Reason.NOT_RUNNABLE),
        ("shape-overflow", Reason.NOT_RUNNABLE),
    ],
)
def test_hostile_models_are_kept_with_a_reason(tmp_path: Path, name: str, reason: Reason) -> None:
    with pytest.raises(KeptError) as caught:
        tried(HOSTILE / f"{name}.onnx", Method.FP16, tmp_path / "out")
    assert caught.value.reason is reason


@pytest.mark.parametrize("content", [b"weights", b"", b"\x08\x08"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    for suffix in ("onnx", "safetensors"):
        path = tmp_path / f"model.{suffix}"
        path.write_bytes(content)
        with pytest.raises(UnreadableError):
            tried(path, Method.FP16, tmp_path / "out")


def test_data_that_cannot_be_read_are_refused(wide: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(UnusableDataError):
        tried(wide, Method.FP16, tmp_path / "out", tmp_path / "bad.npz")
