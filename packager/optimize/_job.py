"""One model of a program, and what it takes to try a method on it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from remotemedia.compiler import Digests, Program, ProjectFile, external_data, stamp_of
from remotemedia.packager._inputs import changed
from remotemedia.packager.optimize._attempt import Limits, try_method
from remotemedia.packager.optimize._key import attempt_key
from remotemedia.packager.optimize._methods import Method
from remotemedia.packager.optimize._outcome import Trial
from remotemedia.packager.optimize._wiring import wiring_of

MODEL: Final = ".onnx"
TENSORS: Final = ".safetensors"

_RESULT: Final = "model"


@dataclass(frozen=True)
class Job:
    """A model.

    Attributes:
        root: of the project.
        file: the model.
        weights: files of the project that it keeps weights in.
        wiring: the constants and the states of its node.
        data: SHA-256 in hexadecimal of each file with inputs, in their order.
    """

    root: Path
    file: ProjectFile
    weights: tuple[ProjectFile, ...]
    wiring: tuple[Mapping[str, Any], Mapping[str, str]]
    data: Mapping[Path, str]

    @property
    def size(self) -> int:
        """Bytes of the model with all of its weights."""
        return self.file.size + sum(it.size for it in self.weights)

    def key(self, method: Method) -> str:
        """The digest of all that the outcome of a method follows from."""
        path = PurePosixPath(self.file.path)
        return attempt_key(
            method,
            model=self.file.sha256,
            suffix=path.suffix,
            weights={PurePosixPath(it.path).relative_to(path.parent).as_posix(): it.sha256 for it in self.weights},
            wiring=self.wiring,
            data=tuple(self.data.values()),
        )

    def make(self, method: Method, place: Path) -> Trial:
        """Try a method, in a process of its own.

        Args:
            method: which.
            place: a directory that takes the result; it is made.

        Raises:
            PackageError: as `try_method`.
        """
        place.mkdir(parents=True)
        constants, states = self.wiring
        asked = {
            "model": str(self.root / self.file.path),
            "target": str(place / _RESULT),
            "method": method.value,
            "constants": constants,
            "states": states,
            "calibration": [str(path.absolute()) for path in self.data],
        }
        trial = try_method(asked, place, self.file.path, Limits.of(self.size))
        _tidy(place, keep=trial.content)
        return trial

    def stamps(self) -> dict[Path, tuple[int, ...]]:
        """Give what tells whether a file that an attempt reads was touched: also one that is put back changes these."""
        return {path: stamp_of(path) for path in self._inputs}

    def check_unchanged(self, since: Mapping[Path, tuple[int, ...]], digests: Digests) -> None:
        """Refuse results of other files than those whose digests are known.

        Args:
            since: the stamps before there were results.
            digests: gives those of files.

        Raises:
            PackageError: RM308, a file has changed.
        """
        now = self.stamps()
        for path, digest in self._inputs.items():
            if now[path] != since[path] or digests.of(path) != digest:
                raise changed(path, f"expected `sha256:{digest}`")

    @property
    def _inputs(self) -> dict[Path, str]:
        return {self.root / it.path: it.sha256 for it in (self.file, *self.weights)} | dict(self.data)


def jobs_of(program: Program, data: Mapping[Path, str]) -> list[Job]:
    """Return the models of a program; files of weights that models name are part of those.

    Args:
        program: the compiled program.
        data: SHA-256 in hexadecimal of each file with inputs.
    """
    suffixes = {"model": (MODEL, TENSORS), "file": (TENSORS,), "input": ()}
    found = [
        Job(program.root, it, _weights(program, it), wiring_of(program.manifest, it.path), data)
        for it in program.files
        if it.path.endswith(suffixes[it.kind])
    ]
    parts = {part.path for job in found for part in job.weights}
    return [job for job in found if job.file.path not in parts]


def _weights(program: Program, file: ProjectFile) -> tuple[ProjectFile, ...]:
    if not file.path.endswith(MODEL):
        return ()
    parent = PurePosixPath(file.path).parent
    named = {(parent / location).as_posix() for location in external_data(program.root / file.path)}
    return tuple(it for it in program.files if it.kind == "model" and it.path in named)


def _tidy(place: Path, *, keep: Path | None) -> None:
    """Remove what stood on the way to a result."""
    for path in place.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != keep:
            path.unlink()
