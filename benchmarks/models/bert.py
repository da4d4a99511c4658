"""BERT as an ONNX model, written operator by operator around tensors with the names that Hugging Face gives them.

    write(load_file("model.safetensors"), Path("minilm.onnx"))
    write_beside(Path("model.safetensors"), Path("minilm.onnx"))  # the weights stay in that file

The shapes are those of MiniLM (L6 H384): `input_ids`, `attention_mask` and `token_type_ids`, (batch, sequence) each, to
`last_hidden_state`, (batch, sequence, 384).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper, save

LAYERS, WIDTH, HEADS, INNER, WORDS, LONGEST = 6, 384, 12, 1536, 30522, 512
EPSILON: Final = 1e-12

Tensors = Mapping[str, np.ndarray[Any, Any]]


def seeded() -> Tensors:
    """Return random tensors of MiniLM's names and shapes, the same each time."""
    random = np.random.default_rng(1)
    tables = {"word": WORDS, "position": LONGEST, "token_type": 2}
    shapes: dict[str, tuple[int, ...]] = {f"embeddings.{it}_embeddings.weight": (n, WIDTH) for it, n in tables.items()}
    norms = ["embeddings.LayerNorm"]
    for at in (f"encoder.layer.{layer}" for layer in range(LAYERS)):
        square = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
        dense = dict.fromkeys(square, (WIDTH, WIDTH))
        dense |= {"intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}
        for name, shape in dense.items():
            shapes |= {f"{at}.{name}.weight": shape, f"{at}.{name}.bias": shape[:1]}
        norms += [f"{at}.attention.output.LayerNorm", f"{at}.output.LayerNorm"]
    made = {name: random.standard_normal(shape) * 0.05 for name, shape in shapes.items()}
    for norm in norms:
        made |= {f"{norm}.weight": np.ones(WIDTH), f"{norm}.bias": np.zeros(WIDTH)}
    return {name: values.astype(np.float32) for name, values in made.items()}


def write(tensors: Tensors, path: Path) -> None:
    """Write a model with its weights inside; the matrices of dense layers are turned, as exporters do."""

    def weight(name: str) -> TensorProto:
        values = tensors[name]
        return numpy_helper.from_array(np.ascontiguousarray(values.T) if _is_dense(name) else values, name)

    save(_Graph(weight, turns=False).model(), path)


def write_beside(weights: Path, path: Path) -> None:
    """Write a model whose weights are those of a safetensors file beside it, by ONNX's external data."""
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        rows = json.loads(file.read(length))

    def weight(name: str) -> TensorProto:
        shape, (begin, end) = rows[name]["shape"], rows[name]["data_offsets"]
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
        for key, value in {"location": weights.name, "offset": 8 + length + begin, "length": end - begin}.items():
            tensor.external_data.add(key=key, value=str(value))
        return tensor

    save(_Graph(weight, turns=True).model(), path)


def _is_dense(name: str) -> bool:
    return name.startswith("encoder.") and name.endswith(".weight") and "LayerNorm" not in name


class _Graph:
    """A graph that grows.

    Args:
        weight: gives the tensor of a name.
        turns: whether matrices of dense layers have to be turned in the graph.
    """

    def __init__(self, weight: Callable[[str], TensorProto], *, turns: bool) -> None:
        self._weight_of = weight
        self._turns = turns
        self._weights: dict[str, TensorProto] = {}
        self._nodes: list[NodeProto] = []

    def model(self) -> ModelProto:
        """The model, with BERT's three inputs."""
        value, mask = self._embedded(), self._mask()
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}"
            attended = self._dense(self._attention(value, mask, f"{at}.attention.self"), f"{at}.attention.output.dense")
            value = self._norm(self._node("Add", value, attended), f"{at}.attention.output.LayerNorm")
            inner = self._gelu(self._dense(value, f"{at}.intermediate.dense"))
            value = self._norm(
                self._node("Add", value, self._dense(inner, f"{at}.output.dense")), f"{at}.output.LayerNorm"
            )
        self._nodes.append(helper.make_node("Identity", [value], ["last_hidden_state"]))
        names, shape = ("input_ids", "attention_mask", "token_type_ids"), ["batch", "sequence"]
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in names],
            [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, WIDTH])],
            list(self._weights.values()),
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def _embedded(self) -> str:
        word = self._node("Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids")
        kind = self._node("Gather", self._weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
        length = self._node("Shape", "input_ids", start=1, end=2)
        table = self._weight("embeddings.position_embeddings.weight")
        place = self._node("Slice", table, self._constant("from", [0]), length, self._constant("along", [0]))
        both = self._node("Add", self._node("Add", word, kind), place)
        return self._norm(both, "embeddings.LayerNorm")

    def _mask(self) -> str:
        """What is added to the scores of tokens that are no tokens."""
        absent = self._node(
            "Sub", self._constant("one", 1.0), self._node("Cast", "attention_mask", to=TensorProto.FLOAT)
        )
        low = self._node("Mul", absent, self._constant("low", -1e4))
        return self._node("Unsqueeze", low, self._constant("axes", [1, 2]))

    def _attention(self, value: str, mask: str, at: str) -> str:
        split = self._constant("split", [0, 0, HEADS, WIDTH // HEADS])
        orders = {"query": [0, 2, 1, 3], "key": [0, 2, 3, 1], "value": [0, 2, 1, 3]}
        query, key, values = (
            self._node("Transpose", self._node("Reshape", self._dense(value, f"{at}.{part}"), split), perm=order)
            for part, order in orders.items()
        )
        scale = self._constant("scale", (WIDTH / HEADS) ** -0.5)
        scores = self._node("Mul", self._node("MatMul", query, key), scale)
        shares = self._node("Softmax", self._node("Add", scores, mask), axis=-1)
        mixed = self._node("Transpose", self._node("MatMul", shares, values), perm=[0, 2, 1, 3])
        return self._node("Reshape", mixed, self._constant("join", [0, 0, WIDTH]))

    def _gelu(self, value: str) -> str:
        part = self._node("Erf", self._node("Mul", value, self._constant("root", 0.5**0.5)))
        share = self._node("Mul", self._node("Add", part, self._constant("one", 1.0)), self._constant("half", 0.5))
        return self._node("Mul", value, share)

    def _dense(self, value: str, name: str) -> str:
        matrix = self._weight(f"{name}.weight")
        if self._turns:
            matrix = self._node("Transpose", matrix, perm=[1, 0])
        return self._node("Add", self._node("MatMul", value, matrix), self._weight(f"{name}.bias"))

    def _norm(self, value: str, name: str) -> str:
        gains = (self._weight(f"{name}.{part}") for part in ("weight", "bias"))
        return self._node("LayerNormalization", value, *gains, axis=-1, epsilon=EPSILON)

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _weight(self, name: str) -> str:
        self._weights[name] = self._weight_of(name)
        return name

    def _constant(self, name: str, value: float | list[int]) -> str:
        array = np.asarray(value)
        self._weights[name] = numpy_helper.from_array(
            array.astype(np.float32 if array.dtype.kind == "f" else np.int64), name
        )
        return name
