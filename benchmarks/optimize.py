"""What `--optimize` makes of models: size, error, time of a run, and what the outputs are worth, by method, as a table.

    python benchmarks/optimize.py [--only NAME] [--calibration DIR|FILE.npz] [MODEL.onnx …]

Without models these are those of the examples, one with MiniLM's shapes and random weights, and the real ones that
`python scripts/real_models.py` has fetched: all-MiniLM-L6-v2 and PP-OCRv4. Whatever is random has a seed.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.models.subjects import Subject, examples, real
from remotemedia.compiler import Program, ProjectFile
from remotemedia.packager.optimize import (
    Attempt,
    AttemptStore,
    Method,
    OptimizeRequest,
    Outcome,
    optimize,
)

ANY_ERROR = 1e9


def main() -> None:
    """Print a table in Markdown, one row for each method and model."""
    parser = argparse.ArgumentParser(description="What `--optimize` makes of models.")
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--calibration", type=Path, help="inputs of these models")
    parser.add_argument("--only", default="", help="part of the names of those that are wanted")
    asked = parser.parse_args()
    print("| model | method | size | error | ms a run | | outputs |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        own = [Subject(it.name, (it,)) for it in asked.models]
        for number, subject in enumerate(own or chain(examples(Path(place)), real(Path(place)))):
            if asked.only in subject.name:
                scratch = Path(place, str(number))
                scratch.mkdir()
                for row in Measurement(subject, scratch, asked.calibration).rows():
                    print(f"| {row} |", flush=True)


class Measurement:
    """One model, in a project of its own.

    Args:
        subject: the model.
        place: an empty directory.
        calibration: a user's inputs, instead of the subject's.
    """

    def __init__(self, subject: Subject, place: Path, calibration: Path | None) -> None:
        self._subject, self._place = subject, place
        root = place / "project"
        root.mkdir()
        for path in subject.files:
            shutil.copy(path, root)
        self._program = _program(subject, root)
        self._size = sum(path.stat().st_size for path in subject.files)
        self._data = calibration
        if subject.calibration and calibration is None:
            self._data = place / "inputs"
            self._data.mkdir()
            for number, feed in enumerate(subject.calibration):
                np.savez(self._data / f"{number:03}.npz", **feed)  # type: ignore[arg-type]  # no input is called `allow_pickle`

    def rows(self) -> Iterator[str]:
        """One for each method: what is decided by default, and what the outputs would be worth."""
        with AttemptStore(self._place / "kept") as store:
            subject = self._subject
            before = subject.outputs(subject.files[0]) if subject.judge else ()
            for attempt in self._outcome("fp16" if subject.kind == "file" else "auto", None, store).attempts:
                worth = ""
                if subject.judge is not None and attempt.error is not None:
                    content = self._outcome(attempt.method, ANY_ERROR, store).content
                    worth = subject.judge(before, subject.outputs(content)) if content is not None else ""
                yield f"{subject.name}, {self._size / 1e6:.1f} MB | {_cells(attempt, self._size)} | {worth}"

    def _outcome(self, mode: str | Method, max_error: float | None, store: AttemptStore) -> Outcome:
        request = OptimizeRequest.of(str(mode), max_error, self._data)
        if request is None:
            raise ValueError(mode)
        scratch = Path(tempfile.mkdtemp(dir=self._place))
        (outcome,) = optimize(self._program, request, scratch, store).outcomes
        return outcome


def _program(subject: Subject, root: Path) -> Program:
    files = []
    for path in subject.files:
        content = path.read_bytes()
        files.append(ProjectFile(path.name, subject.kind, hashlib.sha256(content).hexdigest(), len(content)))
    node = {"node_type": "OnnxNode", "params": {"model": {"$file": files[0].path}, **subject.params}}
    return Program(root, root / "pipeline.py", {"nodes": [node]}, tuple(files), (), (), ())


def _cells(it: Attempt, size: int) -> str:
    share = f"{it.size / size:.3f}" if it.size is not None else ""
    error = f"{it.error:.2g}" if it.error is not None else ""
    taken = f"{it.seconds[0] * 1e3:.3g} → {it.seconds[1] * 1e3:.3g}" if it.seconds else ""
    return f"`{it.method.value}` | {share} | {error} | {taken} | `{it.reason.value}`"


if __name__ == "__main__":
    main()
