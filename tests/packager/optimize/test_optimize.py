"""The models of a program: what is packed in their place, and what is said of it, in real processes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from remotemedia.compiler import Digests, Program
from remotemedia.errors import PackageError, RemoteMediaError, UsageError
from remotemedia.packager import assemble
from remotemedia.packager.optimize import MAX_ERROR, Method, Optimization, OptimizeRequest, Reason, optimize
from remotemedia.packager.optimize._attempt import Limits, try_method
from remotemedia.packager.optimize._job import jobs_of
from remotemedia.schemas.package import OptimizeDocument
from tests.packager.optimize.models import dense, with_external_weights
from tests.packager.optimize.programs import program_of
from tests.packager.projects import ENVIRON, options

HOSTILE = Path(__file__).parents[3] / "testdata/models/hostile"


def optimized(program: Program, tmp_path: Path, mode: str = "fp16", **asked: Any) -> Optimization:
    request = OptimizeRequest.of(mode, **asked)
    assert request is not None
    place = tmp_path / "scratch"
    place.mkdir()
    return optimize(program, request, place)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    return root


def test_the_package_has_the_smaller_model_and_says_so_everywhere(root: Path, tmp_path: Path) -> None:
    onnx.save(dense(rows=256), root / "vad.onnx")
    program = program_of(root, "vad.onnx")
    found = optimized(program, tmp_path)
    (outcome,) = found.outcomes
    assert outcome.chosen is not None
    assert outcome.content is not None
    plain = options()
    package = assemble(program, type(plain)(ENVIRON, "1.2.3", optimized=found))
    layers = {it.title: it.blob for it in package.layers}
    digest = hashlib.sha256(outcome.content.read_bytes()).hexdigest()
    assert layers["models/vad.onnx"].digest == f"sha256:{digest}"
    assert layers["models/vad.onnx"].size == outcome.packed.size < outcome.original.size * 0.6

    written = layers["meta/optimize.json"].content
    assert isinstance(written, bytes)
    document = json.loads(written)
    OptimizeDocument.model_validate_json(written)
    assert document["mode"] == "fp16"
    assert document["maxError"] == MAX_ERROR
    (model,) = document["models"]
    assert model["packed"] == {"digest": f"sha256:{digest}", "size": outcome.packed.size}
    assert model["original"]["digest"] == f"sha256:{program.files[0].sha256}"
    assert "seconds" not in json.dumps(document)

    (component,) = [it for it in package.sbom["components"] if it["type"] == "machine-learning-model"]
    assert component["hashes"] == [{"alg": "SHA-256", "content": digest}]
    resolved = package.provenance["buildDefinition"]["resolvedDependencies"]
    assert {"name": "vad.onnx", "digest": {"sha256": program.files[0].sha256}} in resolved
    assert any(it.get("uri", "").startswith("pkg:pypi/onnxruntime@") for it in resolved)
    (byproduct,) = package.provenance["runDetails"]["byproducts"]
    assert byproduct["digest"]["sha256"] == hashlib.sha256(written).hexdigest()
    assert byproduct["annotations"]["measurements"][0]["seconds"].keys() == {"original", "optimized"}


def test_a_result_that_is_off_too_far_is_not_packed(root: Path, tmp_path: Path) -> None:
    onnx.save(dense(rows=256), root / "vad.onnx")
    program = program_of(root, "vad.onnx")
    found = optimized(program, tmp_path, max_error=1e-6)
    (outcome,) = found.outcomes
    assert outcome.packed == outcome.original
    assert [it.reason for it in outcome.attempts] == [Reason.ERROR]
    assert found.packed(program).files == program.files
    assert not found.contents


def test_the_smallest_within_the_error_wins(root: Path, tmp_path: Path) -> None:
    onnx.save(dense(rows=256), root / "vad.onnx")
    found = optimized(program_of(root, "vad.onnx"), tmp_path, "auto", max_error=0.05)
    (outcome,) = found.outcomes
    assert {it.method: it.reason for it in outcome.attempts} == {
        Method.INT8_DYNAMIC: Reason.CHOSEN,
        Method.FP16: Reason.BEATEN,
        Method.FOUR_BIT: Reason.ERROR,
    }


def test_files_of_weights_are_absorbed_unless_a_model_that_was_kept_needs_them(root: Path, tmp_path: Path) -> None:
    with_external_weights(root, "a.onnx", "a.data")
    program = program_of(root, "a.data", "a.onnx")
    found = optimized(program, tmp_path)
    assert [it.path for it in found.packed(program).files] == ["a.onnx"]
    assert found.document["models"][0]["absorbed"] == ["a.data"]

    kept = onnx.load(root / "a.onnx", load_external_data=False)
    kept.opset_import[0].version = 8
    onnx.save(kept, root / "kept.onnx")
    program = program_of(root, "a.data", "a.onnx", "kept.onnx")
    found = optimized(program, tmp_path / "project")
    assert [it.path for it in found.packed(program).files] == ["a.data", "a.onnx", "kept.onnx"]


def test_files_of_weights_stay_where_a_node_names_them(root: Path, tmp_path: Path) -> None:
    with_external_weights(root, "a.onnx", "a.data")
    program = program_of(root, "a.data", "a.onnx")
    program.manifest["nodes"].append({"node_type": "Reader", "params": {"places": [{"$file": "a.data"}]}})
    found = optimized(program, tmp_path)
    assert found.document["models"][0]["packed"]["size"] < program.files[0].size
    assert [it.path for it in found.packed(program).files] == ["a.data", "a.onnx"]


def test_tensors_that_hold_a_models_weights_are_no_model(root: Path, tmp_path: Path) -> None:
    """They would be of no use to it in half precision."""
    with_external_weights(root, "a.onnx", "a.safetensors")
    program = program_of(root, "a.safetensors", "a.onnx")
    kept = optimized(program, tmp_path, max_error=1e-9)
    assert [it.original.path for it in kept.outcomes] == ["a.onnx"]
    assert kept.packed(program).files == program.files


def test_tensors_change_their_type_only_when_that_is_asked_for(root: Path, tmp_path: Path) -> None:
    save_file({"w": np.ones((64, 64), np.float32) / 3}, root / "w.safetensors")
    program = program_of(root, "w.safetensors", kind="file")
    auto = optimized(program, tmp_path, "auto")
    assert {it.reason for it in auto.outcomes[0].attempts} == {Reason.NOTHING, Reason.DTYPES}
    asked = optimized(program, tmp_path / "project", "fp16")
    assert asked.outcomes[0].packed.size < 0.6 * program.files[0].size


def test_a_model_that_changes_meanwhile_is_refused(root: Path, tmp_path: Path) -> None:
    onnx.save(dense(rows=256), root / "vad.onnx")
    program = program_of(root, "vad.onnx")
    onnx.save(dense(rows=255), root / "vad.onnx")
    with pytest.raises(PackageError) as caught:
        optimized(program, tmp_path)
    assert caught.value.code == "RM308"


def test_data_that_change_meanwhile_are_refused_also_if_they_are_put_back(root: Path, tmp_path: Path) -> None:
    onnx.save(dense(rows=256), root / "vad.onnx")
    data = tmp_path / "data.npz"
    data.write_bytes(b"some inputs")
    (job,) = jobs_of(program_of(root, "vad.onnx"), {data: hashlib.sha256(b"some inputs").hexdigest()})
    digests = Digests()
    stamps = job.stamps()
    job.check_unchanged(stamps, digests)
    data.write_bytes(b"other inputs")
    data.write_bytes(b"some inputs")
    with pytest.raises(PackageError) as caught:
        job.check_unchanged(stamps, digests)
    assert caught.value.code == "RM308"


def test_data_of_no_model_are_refused(root: Path, tmp_path: Path) -> None:
    onnx.save(dense(rows=256), root / "vad.onnx")
    np.savez(tmp_path / "z.npz", z=np.ones(1))
    with pytest.raises(PackageError, match="no file there has an array") as caught:
        optimized(program_of(root, "vad.onnx"), tmp_path, calibration=tmp_path / "z.npz")
    assert caught.value.code == "RM316"


def test_what_is_no_model_is_refused_by_name(root: Path, tmp_path: Path) -> None:
    (root / "vad.onnx").write_bytes(b"weights")
    with pytest.raises(PackageError, match=r"expected `vad\.onnx` to be an ONNX model") as caught:
        optimized(program_of(root, "vad.onnx"), tmp_path)
    assert caught.value.code == "RM317"


@pytest.mark.parametrize(
    ("name", "seconds", "reason"),
    [("endless-loop", 1.5, Reason.LIMIT), ("memory-bomb", 20, Reason.NOT_RUNNABLE)],
)
def test_hostile_models_end_their_own_process(tmp_path: Path, name: str, seconds: float, reason: Reason) -> None:
    asked = {
        "model": str(HOSTILE / f"{name}.onnx"),
        "target": str(tmp_path / "model"),
        "method": "fp16",
        "constants": {},
        "states": {},
        "calibration": [],
    }
    assert try_method(asked, tmp_path, name, Limits(seconds, 2 << 30)).attempt.reason is reason


def test_a_model_may_take_more_the_more_it_weighs(root: Path) -> None:
    with_external_weights(root, "a.onnx", "a.data")
    (job,) = jobs_of(program_of(root, "a.onnx", "a.data"), {})
    assert job.size == sum((root / name).stat().st_size for name in ("a.onnx", "a.data"))
    assert Limits.of(job.size).memory > Limits.of(job.file.size).memory


def test_a_process_that_dies_leaves_the_original(root: Path, tmp_path: Path) -> None:
    onnx.save(dense(rows=256), root / "vad.onnx")
    asked = {"model": str(root / "vad.onnx"), "target": str(tmp_path / "model"), "method": "fp16"}
    died = try_method(asked, tmp_path, "vad.onnx", Limits(20, 64 << 20)).attempt  # too little to load the tools
    assert died.reason is Reason.CRASHED
    assert died.why.startswith("the tool crashes on this model (")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"mode": "zstd"}, "RM318"),
        ({"mode": "smaller"}, "RM701"),
        ({"mode": "int8-static"}, "RM316"),
        ({"mode": "auto", "max_error": 0.0}, "RM701"),
        ({"mode": "auto", "max_error": float("nan")}, "RM701"),
        ({"mode": None, "max_error": 0.1}, "RM701"),
        ({"mode": "none", "calibration": Path("x")}, "RM701"),
    ],
)
def test_what_cannot_be_asked_for(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(RemoteMediaError) as caught:
        OptimizeRequest.of(**asked)
    assert caught.value.code == code
    assert isinstance(caught.value, (PackageError, UsageError))


def test_what_is_tried() -> None:
    assert OptimizeRequest.of(None) is OptimizeRequest.of("none") is None
    auto, own = OptimizeRequest.of("auto"), OptimizeRequest.of("auto", None, Path("x.npz"))
    assert auto is not None
    assert own is not None
    assert auto.methods == (Method.INT8_DYNAMIC, Method.FP16, Method.FOUR_BIT)
    assert own.methods == tuple(Method)
