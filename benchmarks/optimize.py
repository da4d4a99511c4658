"""What `--optimize` makes of models: size, error and time of each method, as a table.

Without arguments these are the models of the examples and one like MiniLM, whose weights are random. Others are given
as files, or as directories of a library that brings some.

    python benchmarks/optimize.py [--calibration DIR] [MODEL.onnx …]
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper, save

from remotemedia.compiler import Program, ProjectFile
from remotemedia.packager.optimize import Attempt, OptimizeRequest, optimize

ROOT = Path(__file__).resolve().parents[1]
VAD = ROOT / "examples/speech_segments/silero_vad.onnx"
PARAMS = {VAD.name: {"state": {"state": "stateN"}, "constants": {"sr": 16000}}}
LAYERS, WIDTH, HEADS, INNER, WORDS = 6, 384, 12, 1536, 30522


class Bert:
    """An encoder of MiniLM's shapes, written operator by operator, with seeded weights."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(1)
        self._weights: dict[str, np.ndarray] = {}
        self._nodes: list[NodeProto] = []

    def save(self, path: Path) -> None:
        """Write it, with BERT's three inputs."""
        word = self._node("Gather", self._normal("words", (WORDS, WIDTH), 0.05), "input_ids")
        kind = self._node("Gather", self._normal("types", (2, WIDTH), 0.05), "token_type_ids")
        value = self._norm(self._node("Add", word, kind))
        mask = self._node("Sub", self._weight("one", 1.0), self._node("Cast", "attention_mask", to=TensorProto.FLOAT))
        mask = self._node("Mul", mask, self._weight("low", -1e4))
        mask = self._node("Unsqueeze", mask, self._weight("axes", [1, 2]))
        for _ in range(LAYERS):
            value = self._norm(self._node("Add", value, self._attention(value, mask)))
            inner = self._dense(value, WIDTH, INNER)
            inner = self._node("Mul", inner, self._node("Sigmoid", inner))
            value = self._norm(self._node("Add", value, self._dense(inner, INNER, WIDTH)))
        self._nodes.append(helper.make_node("Identity", [value], ["last_hidden_state"]))
        names = ("input_ids", "attention_mask", "token_type_ids")
        shape = ["batch", "sequence"]
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in names],
            [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, WIDTH])],
            [numpy_helper.from_array(values, name) for name, values in self._weights.items()],
        )
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)

    def _attention(self, value: str, mask: str) -> str:
        split = self._weight("split", [0, 0, HEADS, WIDTH // HEADS])
        parts = []
        for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]):  # queries, keys, values
            heads = self._node("Reshape", self._dense(value, WIDTH, WIDTH), split)
            parts.append(self._node("Transpose", heads, perm=order))
        scores = self._node("Mul", self._node("MatMul", *parts[:2]), self._weight("scale", (WIDTH / HEADS) ** -0.5))
        shares = self._node("Softmax", self._node("Add", scores, mask), axis=-1)
        mixed = self._node("Transpose", self._node("MatMul", shares, parts[2]), perm=[0, 2, 1, 3])
        joined = self._node("Reshape", mixed, self._weight("join", [0, 0, WIDTH]))
        return self._dense(joined, WIDTH, WIDTH)

    def _dense(self, value: str, rows: int, columns: int) -> str:
        count = len(self._nodes)
        product = self._node("MatMul", value, self._normal(f"weight{count}", (rows, columns), rows**-0.5))
        return self._node("Add", product, self._normal(f"bias{count}", (columns,), 0.02))

    def _norm(self, value: str) -> str:
        gains = self._weight("gains", np.ones(WIDTH))
        return self._node("LayerNormalization", value, gains, axis=-1)

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _normal(self, name: str, shape: tuple[int, ...], scale: float) -> str:
        return self._weight(name, self._random.standard_normal(shape) * scale)

    def _weight(self, name: str, values: object) -> str:
        array = np.asarray(values)
        self._weights[name] = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        return name


def main() -> None:
    """Print a table in Markdown, one row for each method and model."""
    parser = argparse.ArgumentParser(description="What `--optimize` makes of models.")
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--calibration", type=Path)
    asked = parser.parse_args()
    print("| model | method | size | error | ms a run | |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for number, model in enumerate(asked.models or examples(Path(place))):
            scratch = Path(place, str(number))
            scratch.mkdir()
            measure(model, scratch, asked.calibration)


def examples(place: Path) -> list[Path]:
    """The models of the examples, and a large one."""
    Bert().save(place / "like_minilm.onnx")
    return [VAD, ROOT / "examples/sentence_embeddings/words.onnx", place / "like_minilm.onnx"]


def measure(model: Path, scratch: Path, calibration: Path | None) -> None:
    """Print the rows of one model."""
    root = scratch / "project"
    results = scratch / "results"
    root.mkdir()
    results.mkdir()
    shutil.copy(model, root)
    content = model.read_bytes()
    file = ProjectFile(model.name, "model", hashlib.sha256(content).hexdigest(), len(content))
    node = {"node_type": "OnnxNode", "params": {"model": {"$file": model.name}, **PARAMS.get(model.name, {})}}
    program = Program(root, root / "pipeline.py", {"nodes": [node]}, (file,), (), (), ())
    request = OptimizeRequest.of("auto", None, calibration)
    if request is not None:
        (outcome,) = optimize(program, request, results).outcomes
        for attempt in outcome.attempts:
            print(f"| {row(model.name, len(content), attempt)} |", flush=True)


def row(name: str, size: int, it: Attempt) -> str:
    """The cells of one attempt."""
    share = f"{it.size / size:.3f}" if it.size is not None else ""
    error = f"{it.error:.2g}" if it.error is not None else ""
    taken = f"{it.seconds[0] * 1e3:.3g} → {it.seconds[1] * 1e3:.3g}" if it.seconds else ""
    return f"{name} | {it.method.value} | {share} | {error} | {taken} | {it.reason.value}"


if __name__ == "__main__":
    main()
