"""Weights in half precision, computed with in single precision.

Each weight becomes a float16 tensor and a `Cast`, which the runtime folds when it loads the model. All else stays as it
is: nodes, types and shapes of values, and the kernels that compute, so that a run takes as long as before and only the
rounding of the weights (2^-11 of each) shows.
"""

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from remotemedia.packager.optimize._weights import LEAST, constant_of, elements, graphs, names, replace_nodes


def halve(model: ModelProto) -> int:
    """Store the weights of a model in half precision, also those of graphs within it.

    Args:
        model: is changed; opset 6 or later, weights inline.

    Returns:
        How many tensors were changed.
    """
    taken = names(model)
    return sum(_halve_graph(graph, taken) for graph in list(graphs(model)))


def _halve_graph(graph: GraphProto, taken: set[str]) -> int:
    fixed = {it.name for it in graph.input}  # a caller may give these another value
    casts: list[NodeProto] = []
    for tensor in graph.initializer:
        half = _half(tensor) if tensor.name not in fixed else None
        if half is not None:
            name = tensor.name
            _become(tensor, half, _new_name(name, taken))
            casts.append(_cast(tensor.name, name))
    changed = len(casts)
    nodes = casts
    for node in graph.node:
        nodes.append(node)
        value = constant_of(node)
        half = _half(value) if value is not None else None
        if value is not None and half is not None:
            name = node.output[0]
            _become(value, half, value.name)
            node.output[0] = _new_name(name, taken)
            nodes.append(_cast(node.output[0], name))
            changed += 1
    if changed:
        replace_nodes(graph, nodes)
    return changed


def _half(tensor: TensorProto) -> "np.ndarray[tuple[int, ...], np.dtype[np.float16]] | None":
    """The values in half precision; None for what are no weights, or do not fit."""
    if tensor.data_type != TensorProto.FLOAT or elements(tensor) < LEAST:
        return None
    with np.errstate(over="ignore"):
        half = numpy_helper.to_array(tensor).astype(np.float16)
    return half if bool(np.isfinite(half).all()) else None


def _become(tensor: TensorProto, half: "np.ndarray[tuple[int, ...], np.dtype[np.float16]]", name: str) -> None:
    tensor.CopyFrom(numpy_helper.from_array(half, name))


def _cast(source: str, target: str) -> NodeProto:
    return helper.make_node("Cast", [source], [target], to=TensorProto.FLOAT)


def _new_name(name: str, taken: set[str]) -> str:
    new = f"{name}.fp16"
    while new in taken:
        new += "_"
    taken.add(new)
    return new
