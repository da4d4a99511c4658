"""Write models that harm whoever loads or runs them without care, each named for what it does.

Usage: python testdata/models/hostile/generate.py

All but `truncated` take `x`, float32 of shape `(n,)`, and give `y` of the same.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
X = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
Y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])


def number(name: str, value: object, kind: type = np.int64) -> onnx.TensorProto:
    """A constant of the graph."""
    return numpy_helper.from_array(np.array(value, dtype=kind), name)


def model(name: str, nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], *, folder: str = "") -> bytes:
    """One model, saved and returned."""
    graph = helper.make_graph(nodes, name, [X], [Y], initializer=weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    content: bytes = made.SerializeToString(deterministic=True)
    (HERE / folder / f"{name}.onnx").write_bytes(content)
    return content


def endless_loop() -> bytes:
    """A loop that adds until the end of time."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["goes_on"]),
            helper.make_node("Add", ["v", "v"], ["doubled"]),
            helper.make_node("Sub", ["doubled", "v"], ["w"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, None),
        ],
    )
    loop = helper.make_node("Loop", ["most", "true", "x"], ["y"], body=body)
    return model("endless-loop", [loop], [number("most", 2**62), number("true", True, np.bool_)])  # noqa: FBT003 - a value


def memory_bomb() -> None:
    """Four gigabytes of zeros, as many as the first sample says, so that nothing is known before it runs."""
    nodes = [
        helper.make_node("Cast", ["x"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Slice", ["whole", "zero", "one"], ["first"]),
        helper.make_node("Mul", ["first", "many"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"], value=number("v", [1], np.float32)),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["y"]),
    ]
    model("memory-bomb", nodes, [number("zero", [0]), number("one", [1]), number("many", [2**30])])


def folded_bomb() -> None:
    """Eight gigabytes that the library would compute before the first run, because nothing in them varies."""
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"], value=number("v", [1], np.float32)),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["y"]),
    ]
    model("folded-bomb", nodes, [number("shape", [2**31])])


def shape_overflow() -> None:
    """A shape whose number of elements does not fit 64 bits."""
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"], value=number("v", [1], np.float32)),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["y"]),
    ]
    model("shape-overflow", nodes, [number("shape", [2**40, 2**40])])


def outside(name: str, location: str) -> None:
    """Weights in a file that is not the package's."""
    weight = helper.make_tensor("k", TensorProto.FLOAT, [1], [0.0])
    weight.ClearField("float_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=location)
    model(name, [helper.make_node("Add", ["x", "k"], ["y"])], [weight])


def deep_graph() -> None:
    """Branches in branches, deeper than a stack is high: 5000 levels of graph, node and attribute."""
    content = b""
    for _ in range(5000):
        attribute = _field(6, content)
        content = _field(1, _field(5, attribute))
    (HERE / "deep-graph.onnx").write_bytes(b"\x08\x08" + _field(7, content))


def _field(number_: int, content: bytes) -> bytes:
    length, encoded = len(content), b""
    while length >= 128:  # noqa: PLR2004 - a varint
        encoded += bytes([length & 127 | 128])
        length >>= 7
    return bytes([number_ << 3 | 2]) + encoded + bytes([length]) + content


def unknown_operator() -> None:
    """An operator that no library has."""
    model("unknown-operator", [helper.make_node("Backdoor", ["x"], ["y"], domain="evil")], [])


if __name__ == "__main__":
    whole = endless_loop()
    (HERE / "truncated.onnx").write_bytes(whole[: len(whole) // 2])
    memory_bomb()
    folded_bomb()
    shape_overflow()
    outside("weights-above", "../../../etc/passwd")
    outside("weights-absolute", "/etc/passwd")
    outside("weights-missing", "missing.bin")
    deep_graph()
    unknown_operator()
