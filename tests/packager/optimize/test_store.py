"""What is kept of attempts between builds, what makes them be made again, and how they go."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from remotemedia.compiler import LARGE, Digests
from remotemedia.errors import PackageError
from remotemedia.packager.optimize import (
    Attempt,
    AttemptStore,
    Method,
    Optimization,
    OptimizeRequest,
    Reason,
    _key,
    forget_attempts,
    kept_attempts,
    optimize,
    trim_attempts,
)
from remotemedia.packager.optimize._key import attempt_key
from remotemedia.packager.optimize._outcome import Trial
from tests.packager.optimize.models import dense, with_external_weights
from tests.packager.optimize.programs import program_of

DAY_S = 24 * 3600


class Builds:
    """One project, made smaller again and again.

    Args:
        place: takes the project, what is kept, and results.
        started: the processes that were started so far.
    """

    def __init__(self, place: Path, started: list[str]) -> None:
        self.root, self.kept, self._place, self._started = place / "project", place / "kept", place, started
        self.root.mkdir()
        onnx.save(dense(rows=256), self.root / "vad.onnx")

    def __call__(self, *names: str, mode: str = "fp16", kind: Any = "model", **asked: Any) -> Optimization:
        request = OptimizeRequest.of(mode, **asked)
        assert request is not None
        scratch = self._place / f"scratch{len(list(self._place.iterdir()))}"
        scratch.mkdir()
        before = len(self._started)
        with AttemptStore(self.kept, Digests(self._place / "notes")) as store:
            found = optimize(program_of(self.root, *(names or ("vad.onnx",)), kind=kind), request, scratch, store)
        assert found.made == len(self._started) - before
        return found

    @property
    def results(self) -> list[Path]:
        """The results that are kept."""
        return list((self.kept / "blobs").iterdir())


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builds:
    """Builds whose processes are counted."""
    started: list[str] = []
    run = subprocess.run

    def counted(command: list[str], **options: Any) -> Any:
        started.extend(word for word in command if word.endswith("optimize._worker"))
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    return Builds(tmp_path, started)


def packed(found: Optimization) -> list[bytes]:
    return [path.read_bytes() for path in found.contents.values()]


def test_nothing_is_tried_again(builds: Builds) -> None:
    first, second = builds(mode="auto"), builds(mode="auto")
    assert (first.made, second.made) == (3, 0)
    assert second.document == first.document
    assert second.measurements == first.measurements
    assert packed(second) == packed(first)
    assert len(builds.results) == 1
    assert kept_attempts(builds.kept) == (3, first.outcomes[0].packed.size)
    assert all(it.is_kept for it in second.outcomes[0].attempts)


def test_equal_models_are_tried_once(builds: Builds) -> None:
    onnx.save(dense(rows=256), builds.root / "same.onnx")
    found = builds("same.onnx", "vad.onnx")
    assert found.made == 1
    assert len(set(found.contents.values())) == 1


def test_another_model_is_tried(builds: Builds) -> None:
    builds()
    onnx.save(dense(rows=255), builds.root / "vad.onnx")
    assert builds().made == 1
    assert builds().made == 0


def test_other_weights_are_tried(builds: Builds) -> None:
    with_external_weights(builds.root, "a.onnx", "a.data")
    first = builds("a.onnx", "a.data")
    assert (first.made, builds("a.onnx", "a.data").made) == (1, 0)
    data = bytearray((builds.root / "a.data").read_bytes())
    data[:4] = b"\0\0\0\0"
    (builds.root / "a.data").write_bytes(data)
    other = builds("a.onnx", "a.data")
    assert other.made == 1
    assert packed(other) != packed(first)


def test_other_data_are_tried(builds: Builds, tmp_path: Path) -> None:
    data = tmp_path / "x.npz"
    np.savez(data, x=np.ones((2, 256)))
    assert builds(calibration=data).made == 1
    assert builds(calibration=data).made == 0
    np.savez(data, x=np.zeros((2, 256)))
    assert builds(calibration=data).made == 1


def test_another_bound_chooses_between_what_is_known(builds: Builds) -> None:
    """Of what lost only the figures are kept, so that it is made again where it wins."""
    builds(mode="auto")
    strict = builds(mode="auto", max_error=1e-6)
    assert (strict.made, strict.contents) == (0, {})
    loose = builds(mode="auto", max_error=0.05)
    assert loose.made == 1
    assert loose.outcomes[0].chosen is not None
    assert loose.outcomes[0].chosen.method is Method.INT8_DYNAMIC
    assert builds(mode="auto", max_error=0.05).made == 0


def test_a_result_that_is_not_what_it_was_is_made_again(builds: Builds) -> None:
    first = builds()
    (result,) = builds.results
    content = result.read_bytes()
    result.chmod(0o644)
    result.write_bytes(content[:-1] + b"?")
    second = builds()
    assert second.made == 1
    assert packed(second) == packed(first) == [content]
    assert builds().made == 0


@pytest.mark.parametrize("content", [b"xxx?", b"xxx", None])
def test_only_the_very_result_is_found(tmp_path: Path, content: bytes | None) -> None:
    kept(tmp_path / "kept", [0], [4])
    (result,) = (tmp_path / "kept/blobs").iterdir()
    with AttemptStore(tmp_path / "kept") as store:
        found = store.find("0" * 64)
        assert found is not None
        assert found.content == result
        result.unlink()
        if content is not None:
            result.write_bytes(content)
        assert store.find("0" * 64) == replace(found, content=None)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: "[]",
        lambda _: "[" * 10_000,
        lambda it: json.dumps({"method": it["method"]}),
        lambda it: json.dumps({**it, "reason": "none"}),
        lambda it: json.dumps({**it, "error": None}),
        lambda it: json.dumps({**it, "size": "four"}),
        lambda it: json.dumps({**it, "inputs": ["seeded"]}),
        lambda it: json.dumps({**it, "seconds": 1}),
        lambda it: json.dumps({**it, "result": "../../result"}),
        lambda it: json.dumps(it) + " " * 70_000,
    ],
)
def test_a_record_that_is_not_one_is_not_found(tmp_path: Path, change: Callable[[dict[str, Any]], str]) -> None:
    kept(tmp_path / "kept", [0], [4])
    (record,) = (tmp_path / "kept").glob("*.json")
    record.write_text(change(json.loads(record.read_text())))
    with AttemptStore(tmp_path / "kept") as store:
        assert store.find("0" * 64) is None
    trim_attempts(tmp_path / "kept")
    assert kept_attempts(tmp_path / "kept") == (1, 0)


def test_results_of_a_model_that_changed_meanwhile_are_not_kept(builds: Builds, tmp_path: Path) -> None:
    program = program_of(builds.root, "vad.onnx")
    onnx.save(dense(rows=255), builds.root / "vad.onnx")
    request = OptimizeRequest.of("fp16")
    assert request is not None
    with AttemptStore(builds.kept) as store, pytest.raises(PackageError) as caught:
        optimize(program, request, tmp_path / "scratch", store)
    assert caught.value.code == "RM308"
    assert kept_attempts(builds.kept) == (0, 0)


@pytest.mark.parametrize("reason", [Reason.LIMIT, Reason.CRASHED])
def test_what_may_be_the_machines_fault_is_not_kept(tmp_path: Path, reason: Reason) -> None:
    with AttemptStore(tmp_path) as store:
        store.keep("0" * 64, Trial(Attempt(Method.FP16, reason)), is_packed=False)
        assert store.find("0" * 64) is None
        assert not store.has_grown


def test_where_nothing_can_be_written_nothing_is_kept(builds: Builds) -> None:
    builds.kept.write_text("a file")
    assert builds().made == 1
    assert builds().made == 1


def test_a_large_result_is_not_read_again(builds: Builds, tmp_path: Path) -> None:
    save_file({"w": np.ones(LARGE // 2 + 1, np.float32)}, builds.root / "w.safetensors")
    found = builds("w.safetensors", kind="file")
    (content,) = found.contents.values()
    assert content.parent == builds.kept / "blobs"
    assert Digests(tmp_path / "notes").known(content) == found.outcomes[0].packed.sha256
    assert builds("w.safetensors", kind="file").made == 0


def key(**other: Any) -> str:
    known: Mapping[str, Any] = {
        "model": "1",
        "suffix": ".onnx",
        "weights": {"a.data": "2"},
        "wiring": ({"sr": 16000}, {"h": "hn"}),
        "data": ["3", "4"],
    }
    return attempt_key(other.pop("method", Method.FP16), **{**known, **other})


def test_the_key_has_all_that_the_outcome_follows_from(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [
        key(method=Method.FOUR_BIT),
        key(model="0"),
        key(suffix=".safetensors"),
        key(weights={"a.data": "0"}),
        key(weights={"b.data": "2"}),
        key(wiring=({"sr": 8000}, {"h": "hn"})),
        key(wiring=({"sr": 16000}, {})),
        key(data=["4", "3"]),
        key(data=[]),
    ]
    monkeypatch.setattr(_key, "_tool", lambda: {"onnxruntime": "1.0"})
    others.append(key())
    monkeypatch.undo()
    assert key() == key()
    assert len({key(), *others}) == len(others) + 1


def kept(place: Path, used: list[int], sizes: list[int]) -> None:
    """Attempts that were used so many days ago; those of equal sizes have one result."""
    with AttemptStore(place) as store:
        for number, (days, size) in enumerate(zip(used, sizes, strict=True)):
            content = place.parent / "result"
            content.write_bytes(b"x" * size)
            trial = Trial(Attempt(Method.FP16, Reason.CHOSEN, size, 0.0), content=content)
            store.keep(f"{number:064}", trial, is_packed=size > 0)
            record = place / f"{number:064}.json"
            then = record.stat().st_mtime - days * DAY_S
            os.utime(record, (then, then))
        assert store.has_grown


def test_the_ones_used_longest_ago_go_first(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    kept(place, [3, 1, 2, 4], [100, 50, 0, 50])
    shown = trim_attempts(place, limit=60, dry_run=True)
    assert [(int(it.key), it.size) for it in shown] == [(0, 100)]
    assert kept_attempts(place) == (4, 150)
    assert trim_attempts(place, limit=60) == shown
    assert kept_attempts(place) == (3, 50)
    assert [(int(it.key), it.why) for it in trim_attempts(place, unused_days=4)] == [(3, "not used for 4 days")]
    assert kept_attempts(place) == (2, 50)


def test_nothing_goes_while_a_build_uses_it(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    assert forget_attempts(place)
    kept(place, [3], [100])
    with AttemptStore(place) as store:
        assert trim_attempts(place, limit=0) == ()
        assert not forget_attempts(place)
        assert store.find("0" * 64) is not None
    assert forget_attempts(place)
    assert kept_attempts(place) == (0, 0)


def test_what_an_interrupted_build_has_left_goes(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    kept(place, [3], [100])
    (place / "blobs/.0123").write_bytes(b"half")
    trim_attempts(place)
    assert [path.stat().st_size for path in (place / "blobs").iterdir()] == [100]
