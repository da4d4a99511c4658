# ruff: noqa: INP001 (a script beside the fixtures it writes, not part of a package)
"""Write the fixtures of the ONNX tests: small models, and what Python's onnxruntime says of real speech.

Usage: python rust_exec/onnx/tests/data/generate.py
"""

from __future__ import annotations

import hashlib
import json
import wave
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

HERE = Path(__file__).parent
TESTDATA = HERE.parents[3] / "testdata"
MODEL = TESTDATA / "models" / "silero_vad_16k_op15.onnx"
SPEECH = TESTDATA / "speech" / "sense_0880.wav"
WINDOW = 512
CONTEXT = 64


def silero() -> dict[str, object]:
    """The probability of speech in every whole window of 512 samples, with 64 samples of left context."""
    with wave.open(str(SPEECH)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / 32768
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
    state = np.zeros((2, 1, 128), dtype=np.float32)
    context = np.zeros(CONTEXT, dtype=np.float32)
    probabilities = []
    for start in range(0, len(samples) - WINDOW + 1, WINDOW):
        window = samples[start : start + WINDOW]
        inputs = {"input": np.concatenate([context, window])[None], "state": state, "sr": np.array(16000)}
        output, state = session.run(["output", "stateN"], inputs)
        context = window[-CONTEXT:]
        probabilities.append(round(float(output[0, 0]), 7))
    digest = hashlib.sha256(MODEL.read_bytes()).hexdigest()
    return {"speech": SPEECH.name, "model_sha256": digest, "probabilities": probabilities}


def save(name: str, nodes: list[onnx.NodeProto], inputs: list, outputs: list, weights: tuple = ()) -> None:
    """One small model."""
    graph = helper.make_graph(nodes, name, inputs, outputs, initializer=list(weights))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    if not weights:
        onnx.checker.check_model(model)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def echo(name: str, kind: int, shape: list[int | str]) -> None:
    """A model that gives what it takes."""
    x = helper.make_tensor_value_info("x", kind, shape)
    y = helper.make_tensor_value_info("y", kind, shape)
    save(name, [helper.make_node("Identity", ["x"], ["y"])], [x], [y])


def rows(name: str, nodes: list[onnx.NodeProto]) -> None:
    """A model with an axis for a batch."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "n"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", "n"])
    save(name, nodes, [x], [y])


def pair() -> None:
    """A model with two inputs and two outputs."""
    a, b, total, product = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("a", "b", "sum", "product")
    )
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Mul", ["a", "b"], ["product"])]
    save("pair", nodes, [a, b], [total, product])


def models() -> None:
    """Models of one node each."""
    echo("echo-rank-1", TensorProto.FLOAT, ["n"])
    echo("echo-rank-2", TensorProto.FLOAT, ["b", "n"])
    echo("echo-rank-3", TensorProto.FLOAT, ["b", "c", "n"])
    echo("echo-rank-4", TensorProto.FLOAT, ["b", "c", "h", "n"])
    echo("echo-4-samples", TensorProto.FLOAT, [1, 4])
    echo("echo-i64", TensorProto.INT64, [2, "n"])
    echo("echo-bool", TensorProto.BOOL, ["n"])
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
    k = helper.make_tensor_value_info("k", TensorProto.FLOAT, [2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])
    save("add", [helper.make_node("Add", ["x", "k"], ["y"])], [x, k], [y])
    echo("echo-f16", TensorProto.FLOAT16, ["n"])
    echo("echo-string", TensorProto.STRING, ["n"])
    rows("per-row", [helper.make_node("Softmax", ["x"], ["y"])])
    rows(
        "whole-batch",
        [helper.make_node("ReduceMean", ["x"], ["m"], axes=[0]), helper.make_node("Sub", ["x", "m"], ["y"])],
    )
    pair()
    weight = helper.make_tensor("k", TensorProto.FLOAT, [2], [0.0, 0.0])
    weight.ClearField("float_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="weights.bin")
    save("external-data", [helper.make_node("Add", ["x", "k"], ["y"])], [x], [y], (weight,))


if __name__ == "__main__":
    models()
    (HERE / "silero.json").write_text(json.dumps(silero()) + "\n")
