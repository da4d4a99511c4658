"""The models that `benchmarks/optimize.py` makes smaller, with their inputs, and what is asked of their outputs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import onnx
import onnxruntime as ort
from safetensors.numpy import load_file

from benchmarks.models import bert, minilm, ppocr

REPOSITORY: Final = Path(__file__).resolve().parents[2]

Array = np.ndarray[Any, np.dtype[Any]]
Feed = Mapping[str, Array]
Outputs = Sequence[Array]
Judge = Callable[[Outputs, Outputs], str]
"""What the outputs of a smaller model are worth, given those of the original: one for each of the subject's runs."""

_SEED: Final = 7
_TEXT: Final = 0.3  # from which on the detector means text
_ERRORS: Final = 3  # of ONNX Runtime's log levels


@dataclass(frozen=True)
class Subject:
    """A model.

    Attributes:
        name: what the table calls it.
        files: the model first, then the files that it keeps weights in; all in one directory.
        kind: whether a node runs the model, or opens the file itself.
        params: of its node.
        calibration: inputs to measure and to calibrate with; by default they are made up.
        runs: inputs that are judged, other than those.
        judge: of the outputs of these.
    """

    name: str
    files: tuple[Path, ...]
    kind: Literal["model", "file"] = "model"
    params: Mapping[str, Any] = field(default_factory=dict)
    calibration: Sequence[Feed] = ()
    runs: Sequence[Feed] = ()
    judge: Judge | None = None

    def outputs(self, model: Path) -> Outputs:
        """The first output of each run."""
        options = ort.SessionOptions()
        options.log_severity_level = _ERRORS
        session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        return [session.run(None, dict(run))[0] for run in self.runs]


def examples(place: Path) -> Iterator[Subject]:
    """The models of the examples, and a large one with random weights."""
    vad = REPOSITORY / "examples/speech_segments/silero_vad.onnx"
    yield Subject("silero VAD", (vad,), params={"state": {"state": "stateN"}, "constants": {"sr": 16000}})
    yield Subject("word vectors", (REPOSITORY / "examples/sentence_embeddings/words.onnx",))
    bert.write(bert.seeded(), place / "random.onnx")
    yield Subject("like MiniLM, random weights", (place / "random.onnx",))


def real(place: Path) -> Iterator[Subject]:
    """Those that `scripts/real_models.py` has fetched."""
    command = [sys.executable, str(REPOSITORY / "scripts/real_models.py"), "--paths"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for name, subjects in (("minilm", _minilm), ("ppocr", _ppocr)):
        if found[name] is None:
            print(f"{name} is not here: fetch it with `python scripts/real_models.py`", file=sys.stderr)
        else:
            yield from subjects(Path(found[name]), place)


def _minilm(fetched: Path, place: Path) -> Iterator[Subject]:
    weights = Path(shutil.copy(fetched / "model.safetensors", place))
    tensors = load_file(weights)
    bert.write(tensors, place / "minilm.onnx")
    bert.write_beside(weights, place / "beside.onnx")
    tokens = minilm.tokenizer(fetched / "vocab.txt")
    calibration = [tokens(it) for it in minilm.OTHERS]
    runs = [tokens(it) for pair in minilm.PAIRS for it in pair]
    inside = Subject("MiniLM", (place / "minilm.onnx",), "model", {}, calibration, runs, _alike)
    print(_is_right(inside, tensors), file=sys.stderr)
    yield inside
    yield Subject(
        "MiniLM, weights in safetensors", (place / "beside.onnx", weights), "model", {}, calibration, runs, _alike
    )
    yield Subject("MiniLM, safetensors alone", (weights,), "file")


def _ppocr(fetched: Path, _: Path) -> Iterator[Subject]:
    recognition = fetched / "ch_PP-OCRv4_rec_infer.onnx"
    alphabet = ppocr.alphabet_of(onnx.load(recognition))
    wanted = ppocr.lines(40, _SEED)
    yield Subject(
        "PP-OCRv4 recognition",
        (recognition,),
        calibration=[{"x": picture} for _, picture in ppocr.lines(16, _SEED + 1)],
        runs=[{"x": picture} for _, picture in wanted],
        judge=lambda _, found: _letters([word for word, _ in wanted], [ppocr.read(it, alphabet) for it in found]),
    )
    yield Subject(
        "PP-OCRv4 detection",
        (fetched / "ch_PP-OCRv4_det_infer.onnx",),
        calibration=[{"x": page} for page in ppocr.pages(4, _SEED + 1)],
        runs=[{"x": page} for page in ppocr.pages(4, _SEED)],
        judge=_areas,
    )
    yield Subject(
        "PP-OCR orientation",
        (fetched / "ch_ppocr_mobile_v2.0_cls_infer.onnx",),
        calibration=[{"x": picture} for _, picture in ppocr.lines(16, _SEED + 1)],
    )


def _is_right(subject: Subject, tensors: bert.Tensors) -> str:
    """How far the model is from numpy's, and how the vectors of sentences lie that mean the same, or do not."""
    hidden = subject.outputs(subject.files[0])
    wanted = minilm.reference(tensors, subject.runs[0]["input_ids"])
    off = np.linalg.norm(hidden[0] - wanted) / np.linalg.norm(wanted)
    vectors = np.array([minilm.unit(it) for it in hidden])
    pair = np.arange(len(vectors)) // 2
    cosines, same = vectors @ vectors.T, pair[:, None] == pair
    alike = cosines[same & ~np.eye(len(pair), dtype=bool)]
    return (
        f"{subject.name}: off from numpy's by {off:.1e}; cosines of sentences that mean the same "
        f"{alike.min():.2f} to {alike.max():.2f}, of others at most {cosines[~same].max():.2f}"
    )


def _alike(before: Outputs, after: Outputs) -> str:
    """How near the vectors of sentences are to what they were, and how many find the one that means the same."""
    old, new = (np.array([minilm.unit(it) for it in side]) for side in (before, after))
    cosines = new @ new.T - 2 * np.eye(len(new))
    found = int((cosines.argmax(1) == np.arange(len(new)) ^ 1).sum())
    return f"cosine ≥ {(old * new).sum(1).min():.4f}, {found} of {len(new)} pairs"


def _letters(wanted: Sequence[str], found: Sequence[str]) -> str:
    """How many letters are read right, in their places."""
    right = sum(a == b for one, other in zip(wanted, found, strict=True) for a, b in zip(one, other, strict=False))
    return f"{right} of {sum(map(len, wanted))} letters"


def _areas(before: Outputs, after: Outputs) -> str:
    """How much of what either takes for text both do."""
    pairs = [(old > _TEXT, new > _TEXT) for old, new in zip(before, after, strict=True)]
    shared = sum(int((old & new).sum()) for old, new in pairs)
    return f"{shared / sum(int((old | new).sum()) for old, new in pairs):.1%} of the area"
