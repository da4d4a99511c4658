"""Which result is packed in the place of a model."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from remotemedia.packager.optimize._job import TENSORS, Job
from remotemedia.packager.optimize._methods import Method, OptimizeRequest
from remotemedia.packager.optimize._outcome import Attempt, Outcome, Trial
from remotemedia.packager.optimize._reasons import Reason
from remotemedia.packager.optimize._store import AttemptStore

_WORTH: Final = 0.95  # of the original's size: what saves less is no reason to change a model

_Trials = Mapping[Method, Trial]


def choose(job: Job, request: OptimizeRequest, store: AttemptStore, place: Path) -> Outcome:
    """Try all methods on a model, or recall what came of them, and choose.

    Args:
        job: the model.
        request: what its user wants.
        store: of attempts.
        place: a directory for results.

    Raises:
        PackageError: RM308, a file has changed; as `try_method`.
    """
    if job.file.path.endswith(TENSORS) and request.mode != Method.FP16:
        return Outcome(job.file, job.file, tuple(_not_asked_for(method) for method in request.methods))
    keys = {method: job.key(method) for method in request.methods}
    stamps = job.stamps()
    trials = {method: store.find(key) or job.make(method, place / method.value) for method, key in keys.items()}
    best = _best(trials, job, request)
    while best is not None and trials[best].content is None:  # it lost when it was made, or its result has gone
        trials[best] = job.make(best, place / best.value)
        best = _best(trials, job, request)
    made = [method for method, trial in trials.items() if not trial.attempt.is_kept]
    if made:
        job.check_unchanged(stamps, store.digests)
    for method in made:
        trials[method] = store.keep(keys[method], trials[method], is_packed=method is best)
    attempts = tuple(_judged(it.attempt, job, request, is_best=method is best) for method, it in trials.items())
    inputs = next((it.inputs for it in trials.values() if it.inputs is not None), None)
    content = trials[best].content if best is not None else None
    if content is None:
        return Outcome(job.file, job.file, attempts, inputs, made=len(made))
    packed = replace(job.file, sha256=store.digests.of(content), size=content.stat().st_size)
    absorbed = tuple(it.path for it in job.weights)
    return Outcome(job.file, packed, attempts, inputs, content, absorbed, len(made))


def _best(trials: _Trials, job: Job, request: OptimizeRequest) -> Method | None:
    """The method whose result is the smallest of those that may be packed; of equal ones the first."""
    sizes = {
        method: trial.attempt.size or 0
        for method, trial in trials.items()
        if _judged(trial.attempt, job, request, is_best=True).reason is Reason.CHOSEN
    }
    return min(sizes, key=lambda method: sizes[method], default=None)


def _judged(attempt: Attempt, job: Job, request: OptimizeRequest, *, is_best: bool) -> Attempt:
    """The attempt, and if there is a result what is to be said against it."""
    if attempt.reason is not Reason.CHOSEN or attempt.size is None or attempt.error is None:
        return attempt
    if attempt.size > job.size * _WORTH:
        return replace(attempt, reason=Reason.LARGER)
    if attempt.error > request.max_error:
        return replace(attempt, reason=Reason.ERROR)
    return attempt if is_best else replace(attempt, reason=Reason.BEATEN)


def _not_asked_for(method: Method) -> Attempt:
    return Attempt(method, Reason.DTYPES if method is Method.FP16 else Reason.NOTHING)
