"""All models of a program, one after the other."""

import importlib.util
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from remotemedia.compiler import Program
from remotemedia.errors import PackageError
from remotemedia.packager.optimize._calibration import calibration_files, useless
from remotemedia.packager.optimize._choice import choose
from remotemedia.packager.optimize._job import jobs_of
from remotemedia.packager.optimize._key import TOOLS, tool_versions
from remotemedia.packager.optimize._methods import OptimizeRequest
from remotemedia.packager.optimize._outcome import Optimization, Outcome
from remotemedia.packager.optimize._store import AttemptStore
from remotemedia.packager.optimize._wiring import named_files


def optimize(
    program: Program, request: OptimizeRequest, directory: Path, store: AttemptStore | None = None
) -> Optimization:
    """Make the models of a program smaller, where their outputs stay what they are.

    Which result is packed follows from sizes and errors alone, never from how long anything took: equal inputs and
    equal tools give equal packages.

    Args:
        program: the compiled program.
        request: what its user wants.
        directory: an empty one that takes the results, and has to stay until the package is written.
        store: attempts of earlier builds, which has to stay as well; takes those that are made. By default none.

    Raises:
        PackageError: RM315, the tools are not installed; RM316, the data cannot be used; RM317, a file is no model;
            RM308, a file changed meanwhile.
    """
    _check_tools()
    store = store or AttemptStore()
    files = calibration_files(request.calibration)
    calibration = {name: store.digests.of(path) for name, path in files.items()}
    jobs = jobs_of(program, {path: calibration[name] for name, path in files.items()})
    outcomes = [choose(job, request, store, directory / str(number)) for number, job in enumerate(jobs)]
    if files and {it.inputs for it in outcomes} & {"seeded", "calibration"} == {"seeded"}:
        raise useless(request.calibration)
    kept = [job for job, it in zip(jobs, outcomes, strict=True) if it.content is None]
    needed = {*named_files(program.manifest), *(it.path for job in kept for it in job.weights)}
    return Optimization(
        mode=request.mode,
        max_error=request.max_error,
        outcomes=tuple(_absorbing(outcomes, needed)),
        tools=tool_versions(),
        calibration=calibration,
    )


def _check_tools() -> None:
    missing = [name for name, module in TOOLS.items() if importlib.util.find_spec(module) is None]
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise PackageError(
            f"expected the tools that make models smaller, but {listed} cannot be imported",
            code="RM315",
            hint="pip install 'remotemedia[optimize]'",
        )


def _absorbing(outcomes: Sequence[Outcome], needed: Container[str]) -> Iterator[Outcome]:
    """The outcomes; files of weights stay in the package where something else needs them."""
    for it in outcomes:
        yield replace(it, absorbed=tuple(path for path in it.absorbed if path not in needed))
