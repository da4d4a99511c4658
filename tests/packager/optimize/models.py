"""Small ONNX models with seeded weights, each with one trait that matters to who makes them smaller."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper, save

WIDTH = 32


def weights(name: str = "w", rows: int = WIDTH) -> TensorProto:
    values = np.random.default_rng(7).standard_normal((rows, WIDTH)).astype(np.float32) / 8
    return numpy_helper.from_array(values, name)


def value(name: str, shape: Sequence[int | str], dtype: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, shape)


def model_of(graph: GraphProto, opset: int = 17) -> ModelProto:
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, producer_name="tests")


def dense(opset: int = 17, rows: int = WIDTH) -> ModelProto:
    """`y = x @ w`, with the alphabet that a recogniser keeps in its metadata."""
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    inputs, outputs = [value("x", ["batch", rows])], [value("y", ["batch", WIDTH])]
    model = model_of(helper.make_graph([node], "dense", inputs, outputs, [weights(rows=rows)]), opset)
    helper.set_model_props(model, {"character": "abc"})
    return model


def turned() -> ModelProto:
    """Half of the weights are turned by the model itself; the others are taken as they are, too."""
    tensors = [weights("only", 8 * WIDTH), weights("both", WIDTH)]
    nodes = [
        helper.make_node("Transpose", ["only"], ["only_turned"]),
        helper.make_node("Transpose", ["both"], ["both_turned"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "both"], ["first"]),
        helper.make_node("MatMul", ["first", "both_turned"], ["second"]),
        helper.make_node("MatMul", ["second", "only_turned"], ["y"]),
    ]
    inputs, outputs = [value("x", ["n", WIDTH])], [value("y", ["n", 8 * WIDTH])]
    return model_of(helper.make_graph(nodes, "turned", inputs, outputs, tensors))


def constant() -> ModelProto:
    """The weights are the value of a `Constant`."""
    nodes = [
        helper.make_node("Constant", [], ["w"], value=weights()),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    return model_of(helper.make_graph(nodes, "constant", [value("x", ["n", WIDTH])], [value("y", ["n", WIDTH])]))


def branches() -> ModelProto:
    """All weights are inside the branches of an `If`: in an initializer of one, in a `Constant` of the other."""
    out = [value("branch", ["n", WIDTH])]
    first = helper.make_graph([helper.make_node("MatMul", ["x", "a"], ["branch"])], "then", [], out, [weights("a")])
    second = helper.make_graph(
        [
            helper.make_node("Constant", [], ["b"], value=weights("")),
            helper.make_node("MatMul", ["x", "b"], ["negative"]),
            helper.make_node("Neg", ["negative"], ["branch"]),
        ],
        "else",
        [],
        out,
    )
    node: NodeProto = helper.make_node("If", ["flag"], ["y"], then_branch=first, else_branch=second)
    inputs = [value("x", ["n", WIDTH]), value("flag", [], TensorProto.BOOL)]
    return model_of(helper.make_graph([node], "branches", inputs, [value("y", ["n", WIDTH])]))


def words() -> ModelProto:
    """Numbers select rows of a table: such as are not in it are an error."""
    node = helper.make_node("Gather", ["w", "ids"], ["y"])
    inputs = [value("ids", ["batch", "length"], TensorProto.INT64)]
    outputs = [value("y", ["batch", "length", WIDTH])]
    return model_of(helper.make_graph([node], "words", inputs, outputs, [weights(rows=9)]))


def with_external_weights(directory: Path, name: str, location: str) -> Path:
    """`dense`, with its weights in a file of their own."""
    path = directory / name
    save(dense(rows=8 * WIDTH), path, save_as_external_data=True, location=location, size_threshold=0)
    return path
