"""One method, tried on one model: made smaller, compared, timed."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from onnx import ModelProto

from remotemedia.packager.optimize._apply import LEAST_OPSET, apply, is_same_signature
from remotemedia.packager.optimize._measure import Array, Runner, error_between, inputs_of, medians
from remotemedia.packager.optimize._methods import Method
from remotemedia.packager.optimize._model_file import load, opset_of
from remotemedia.packager.optimize._reasons import Reason
from remotemedia.packager.optimize._refusals import KeptError, UnreadableError, UnusableDataError
from remotemedia.packager.optimize._safetensors import halve_file
from remotemedia.packager.optimize._samples import ODD, USUAL, Feed, Input, Wiring, recorded, rows_of_tables, seeded

_SHOWN: Final = 120  # characters of what a tool says


@dataclass(frozen=True)
class Task:
    """What is asked for.

    Attributes:
        model: the file.
        target: takes the smaller model; its directory takes what stands on the way.
        method: how.
        wiring: what the model's node gives it beside packets.
        calibration: files with inputs.
    """

    model: Path
    target: Path
    method: Method
    wiring: Wiring
    calibration: tuple[Path, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Task":
        """One that was written as JSON."""
        return cls(
            model=Path(document["model"]),
            target=Path(document["target"]),
            method=Method(document["method"]),
            wiring=Wiring(document["constants"], document["states"]),
            calibration=tuple(Path(it) for it in document["calibration"]),
        )


@dataclass(frozen=True)
class _Series:
    """Runs in a row, from the first state on, and what the original makes of them."""

    runs: Sequence[Feed]
    outputs: Sequence[Mapping[str, Array]]


@dataclass(frozen=True)
class _Baseline:
    """The original, as it runs here."""

    runner: Runner
    fixed: Feed
    series: Sequence[_Series]
    source: str


def attempt(task: Task) -> dict[str, Any]:
    """Write the smaller model, and say how it differs, or why there is none; as JSON.

    `inputs` says what it was measured with.

    Raises:
        KeptError: the original cannot be run, or is not fit for the method.
        UnreadableError: the file is no model.
        UnusableDataError: a file with inputs cannot be read.
    """
    if task.model.suffix == ".safetensors":
        return _attempt_tensors(task)
    model = load(task.model)
    if opset_of(model) < LEAST_OPSET[task.method]:
        raise KeptError(Reason.OPSET, f"{opset_of(model)}, it needs {LEAST_OPSET[task.method]}")
    original = model.SerializeToString(deterministic=True)
    baseline = _baseline(task, model, original)
    known = {"inputs": baseline.source}
    try:
        return known | _measured(task, model, original, baseline)
    except KeptError as kept:
        return known | {"reason": kept.reason, "detail": kept.detail}


def _measured(task: Task, model: ModelProto, original: bytes, baseline: _Baseline) -> dict[str, Any]:
    content = _smaller(task, model, original, baseline)
    if len(content) >= len(original):
        return {"reason": Reason.LARGER, "size": len(content)}
    try:
        runner = Runner(content, baseline.fixed, task.wiring.states)
        error = max(error_between(it.outputs, runner.over(it.runs)) for it in baseline.series)
        seconds = medians(baseline.runner, runner, baseline.series[-1].runs[0])
    except MemoryError:
        raise
    except Exception as failure:
        raise KeptError(Reason.FAILED, _first_line(failure)) from failure
    task.target.write_bytes(content)
    return {"reason": Reason.CHOSEN, "size": len(content), "error": error, "seconds": seconds}


def _attempt_tensors(task: Task) -> dict[str, Any]:
    try:
        error = halve_file(task.model, task.target)
    except ValueError as wrong:
        raise UnreadableError(f"a safetensors file: {wrong}") from wrong
    if error is None:
        raise KeptError(Reason.NOTHING)
    return {"reason": Reason.CHOSEN, "size": task.target.stat().st_size, "error": error}


def _smaller(task: Task, model: ModelProto, original: bytes, baseline: _Baseline) -> bytes:
    before = ModelProto.FromString(original)
    runs = [{**baseline.fixed, **run} for series in baseline.series for run in series.runs]
    try:
        after = apply(task.method, model, task.target.parent, runs)
    except MemoryError:
        raise
    except Exception as error:
        raise KeptError(Reason.FAILED, _first_line(error)) from error
    if not is_same_signature(after, before):
        raise KeptError(Reason.SIGNATURE)
    content = after.SerializeToString(deterministic=True)
    if content == original:
        raise KeptError(Reason.NOTHING)
    return content


def _baseline(task: Task, model: ModelProto, original: bytes) -> _Baseline:
    """Run the original with a user's data, or with the made-up inputs that suit it."""
    try:
        inputs = inputs_of(original, rows_of_tables(model))
        fixed = task.wiring.fixed(inputs)
        runner = Runner(original, fixed, task.wiring.states)
    except Exception as error:
        raise KeptError(Reason.NOT_RUNNABLE, _first_line(error)) from error
    own = _recorded(task.calibration, inputs, fixed)
    if own:
        series, said = _suiting(runner, [own], 1)
    else:
        series, said = _suiting(runner, seeded(inputs, fixed, USUAL), len(USUAL))
        if not series:
            series, said = _suiting(runner, seeded(inputs, fixed, ODD), 1)
    if not series:
        raise KeptError(Reason.NOT_RUNNABLE, said)
    return _Baseline(runner, fixed, series, "calibration" if own else "seeded")


def _suiting(runner: Runner, choices: Iterable[list[Feed]], most: int) -> tuple[list[_Series], str]:
    """The first lists of runs that the original takes, and what was said of the last that it does not."""
    series: list[_Series] = []
    said = ""
    try:
        for runs in choices:
            try:
                series.append(_Series(runs, runner.over(runs)))
            except Exception as error:  # noqa: BLE001 - the library raises what it likes of shapes that do not suit
                said = _first_line(error)
            if len(series) == most:
                break
    except ValueError as error:  # no inputs can be made up
        said = str(error)
    return series, said


def _recorded(files: Sequence[Path], inputs: Sequence[Input], fixed: Feed) -> list[Feed]:
    try:
        return recorded(files, inputs, fixed)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UnusableDataError(_first_line(error)) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:_SHOWN]
