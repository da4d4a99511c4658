"""All models of a program, one after the other."""

import hashlib
import importlib.util
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any, Final

from remotemedia.compiler import Program, ProjectFile
from remotemedia.errors import PackageError
from remotemedia.packager._inputs import changed
from remotemedia.packager.optimize._attempt import Limits, Trial, try_method
from remotemedia.packager.optimize._calibration import calibration_files, useless
from remotemedia.packager.optimize._methods import Method, OptimizeRequest
from remotemedia.packager.optimize._outcome import Attempt, Optimization, Outcome
from remotemedia.packager.optimize._reasons import Reason

# By distribution, as their versions are asked for and noted.
_TOOLS: Final = {"numpy": "numpy", "onnx": "onnx", "onnx-ir": "onnx_ir", "onnxruntime": "onnxruntime"}
_TENSORS: Final = ".safetensors"
_MODEL: Final = ".onnx"
_WORTH: Final = 0.95  # of the original's size: what saves less is no reason to change a model
_RESULT: Final = "model"


def optimize(program: Program, request: OptimizeRequest, directory: Path) -> Optimization:
    """Make the models of a program smaller, where their outputs stay what they are.

    Which result is packed follows from sizes and errors alone, never from how long anything took: equal inputs and
    equal tools give equal packages.

    Args:
        program: the compiled program.
        request: what its user wants.
        directory: an empty one that takes the results, and has to stay until the package is written.

    Raises:
        PackageError: RM315, the tools are not installed; RM316, the data cannot be used; RM317, a file is no model;
            RM308, a file changed meanwhile.
    """
    _check_tools()
    data = calibration_files(request.calibration)
    work = _Work(program, request, tuple(data.values()))
    outcomes = [work.outcome(file, directory / str(number)) for number, file in enumerate(_models(program))]
    if data and {it.inputs for it in outcomes} & {"seeded", "calibration"} == {"seeded"}:
        raise useless(request.calibration)
    return Optimization(
        mode=request.mode,
        max_error=request.max_error,
        outcomes=tuple(_keeping_shared(outcomes)),
        tools={name: version(name) for name in _TOOLS},
        calibration={name: _sha256(path) for name, path in data.items()},
    )


def _check_tools() -> None:
    missing = [name for name, module in _TOOLS.items() if importlib.util.find_spec(module) is None]
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise PackageError(
            f"expected the tools that make models smaller, but {listed} cannot be imported",
            code="RM315",
            hint="pip install 'remotemedia[optimize]'",
        )


def _models(program: Program) -> list[ProjectFile]:
    """The files that are models as a whole; files of weights that others name are part of those."""
    suffixes = {"model": (_MODEL, _TENSORS), "file": (_TENSORS,), "input": ()}
    return [it for it in program.files if it.path.endswith(suffixes[it.kind])]


@dataclass(frozen=True)
class _Work:
    """What the models of a program have in common."""

    program: Program
    request: OptimizeRequest
    data: tuple[Path, ...]

    def outcome(self, file: ProjectFile, place: Path) -> Outcome:
        """Try all methods on a model, in an own directory each."""
        trials = [self._trial(file, method, place / method.value) for method in self.request.methods]
        inputs = next((it.inputs for it in trials if it.inputs is not None), None)
        absorbed = self._weights(file, trials)
        size = file.size + sum(it.size for it in absorbed)
        judged = [self._judged(it.attempt, size) for it in trials]
        best = min((it for it in judged if it.reason is Reason.CHOSEN), key=lambda it: it.size or 0, default=None)
        attempts = tuple(
            replace(it, reason=Reason.BEATEN) if it.reason is Reason.CHOSEN and it is not best else it for it in judged
        )
        if best is None:
            return Outcome(file, file, attempts, inputs)
        self._check_unchanged((file, *absorbed))
        content = place / best.method.value / _RESULT
        packed = replace(file, sha256=_sha256(content), size=content.stat().st_size)
        return Outcome(file, packed, attempts, inputs, content, tuple(it.path for it in absorbed))

    def _trial(self, file: ProjectFile, method: Method, place: Path) -> Trial:
        if file.path.endswith(_TENSORS) and self.request.mode != Method.FP16:
            return Trial(Attempt(method, Reason.DTYPES if method is Method.FP16 else Reason.NOTHING))
        place.mkdir(parents=True)
        constants, states = _wiring(self.program.manifest, file.path)
        asked = {
            "model": str(self.program.root / file.path),
            "target": str(place / _RESULT),
            "method": method.value,
            "constants": constants,
            "states": states,
            "calibration": [str(path.absolute()) for path in self.data],
        }
        trial = try_method(asked, place, file.path, Limits.of(file.size))
        _tidy(place, keep=trial.attempt.reason is Reason.CHOSEN)
        return trial

    def _judged(self, attempt: Attempt, size: int) -> Attempt:
        """The attempt, and if there is a result what is to be said against it."""
        if attempt.reason is not Reason.CHOSEN or attempt.size is None or attempt.error is None:
            return attempt
        if attempt.size > size * _WORTH:
            return replace(attempt, reason=Reason.LARGER)
        return attempt if attempt.error <= self.request.max_error else replace(attempt, reason=Reason.ERROR)

    def _check_unchanged(self, files: Sequence[ProjectFile]) -> None:
        """Refuse a result of other files than those whose digests the package states."""
        for it in files:
            path = self.program.root / it.path
            if _sha256(path) != it.sha256:
                raise changed(path, f"expected `sha256:{it.sha256}`")

    def _weights(self, file: ProjectFile, trials: Sequence[Trial]) -> list[ProjectFile]:
        """The files of the program that hold weights of a model."""
        parent = PurePosixPath(file.path).parent
        named = {(parent / location).as_posix() for trial in trials for location in trial.locations}
        return [it for it in self.program.files if it.kind == "model" and it.path in named]


def _keeping_shared(outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """The outcomes; files of weights stay in the package where a model that was kept may need them as well."""
    kept = {PurePosixPath(it.original.path).parent for it in outcomes if it.content is None}
    for it in outcomes:
        yield replace(it, absorbed=tuple(path for path in it.absorbed if not kept & {*PurePosixPath(path).parents}))


def _tidy(place: Path, *, keep: bool) -> None:
    """Remove what stood on the way to a result, and the result itself unless it is kept."""
    for path in place.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif not (keep and path.name == _RESULT):
            path.unlink()


def _wiring(value: Any, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What the first node of a model gives it beside packets: constants, and states."""
    if isinstance(value, Mapping):
        params = value.get("params")
        if isinstance(params, Mapping) and params.get("model") == {"$file": path}:
            return _plain(params.get("constants")), _plain(params.get("state"))
        value = list(value.values())
    found = (_wiring(item, path) for item in value) if isinstance(value, list) else ()
    return next((it for it in found if any(it)), ({}, {}))


def _plain(value: Any) -> dict[str, Any]:
    """A parameter that is an object of plain values; empty if it is none, or refers to what is elsewhere."""
    if not isinstance(value, dict) or '"$' in json.dumps(value):
        return {}
    return value


def _sha256(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
