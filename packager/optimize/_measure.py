"""How far a model's outputs are from the original's, and how long both take."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort

from remotemedia.packager.optimize._samples import Feed, Input

_TIMED: Final = 15  # runs of each model
_LONGEST: Final = 1.0  # seconds after which no further run is timed
_SILENT: Final = 4  # of ONNX Runtime's log levels: fatal only

Array = np.ndarray[Any, np.dtype[Any]]


class Runner:
    """A model in a session of one thread on the processor, whose states go from each run to the next.

    Args:
        model: the file, or what would be in it.
        fixed: the inputs that no run gives.
        states: the output that gives an input's next value, by input.
    """

    def __init__(self, model: Path | bytes, fixed: Feed, states: Mapping[str, str]) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _SILENT
        source = model if isinstance(model, bytes) else str(model)
        self._session = ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        self._fixed = fixed
        self._states = states

    def over(self, runs: Sequence[Feed]) -> list[dict[str, Array]]:
        """Return the outputs of runs in a row, by name."""
        feed = dict(self._fixed)
        results = []
        for run in runs:
            feed |= run
            outputs = self.once(feed)
            feed |= {name: outputs[output] for name, output in self._states.items()}
            results.append(outputs)
        return results

    def once(self, feed: Feed) -> dict[str, Array]:
        """Return the outputs of one run, by name."""
        names = [it.name for it in self._session.get_outputs()]
        outputs = self._session.run(names, {**self._fixed, **feed})
        return {name: np.asarray(value) for name, value in zip(names, outputs, strict=True)}


def inputs_of(model: Path | bytes, below: Mapping[str, int]) -> list[Input]:
    """Return the inputs of a model as ONNX Runtime sees them.

    Args:
        model: the file, or what would be in it.
        below: what integers are less than, by input.
    """
    options = ort.SessionOptions()
    options.log_severity_level = _SILENT
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    source = model if isinstance(model, bytes) else str(model)
    session = ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    return [Input(it.name, it.type, tuple(it.shape), below.get(it.name, 2)) for it in session.get_inputs()]


@dataclass
class _Sums:
    off: float = 0.0
    total: float = 0.0

    @property
    def error(self) -> float:
        if not self.off:
            return 0.0
        return float(np.sqrt(self.off / self.total)) if self.total else float("inf")


def error_between(expected: Sequence[Mapping[str, Array]], got: Sequence[Mapping[str, Array]]) -> float:
    """Return how far outputs are off: that of the worst output, over all runs.

    For numbers it is the root mean square of the difference over that of the expected values; for all else the root of
    the share that differs. Infinite where shapes differ, or a value is no number that was one.
    """
    sums: dict[str, _Sums] = {}
    for before, after in zip(expected, got, strict=True):
        for name, wanted in before.items():
            part = sums.setdefault(name, _Sums())
            off, total = _difference(wanted, after[name])
            part.off += off
            part.total += total
    return max((it.error for it in sums.values()), default=0.0)


def _difference(wanted: Array, got: Array) -> tuple[float, float]:
    if wanted.shape != got.shape or wanted.dtype != got.dtype:
        return float("inf"), 1.0
    if not np.issubdtype(wanted.dtype, np.floating):
        return float((wanted != got).sum()), float(wanted.size)
    is_number = np.isfinite(wanted)
    if not np.array_equal(wanted[~is_number], got[~is_number], equal_nan=True) or not np.isfinite(got[is_number]).all():
        return float("inf"), 1.0
    exact = wanted[is_number].astype(np.float64)
    return float(np.square(got[is_number] - exact).sum()), float(np.square(exact).sum())


def medians(first: Runner, second: Runner, feed: Feed) -> tuple[float, float]:
    """Return the median seconds of a run of two models, timed in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + _LONGEST
    for _ in range(_TIMED):
        for runner, taken in zip((first, second), times, strict=True):
            begin = time.perf_counter()
            runner.once(feed)
            taken.append(time.perf_counter() - begin)
        if time.perf_counter() > end:
            break
    return statistics.median(times[0]), statistics.median(times[1])
