"""The tensors of an ONNX model, in its graph and in the graphs within its nodes (`If`, `Loop`, `Scan`)."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, numpy_helper

LEAST = 256
"""Elements from which a tensor counts as weights: smaller ones are shapes, axes and scales."""


def graphs(model: ModelProto) -> Iterator[GraphProto]:
    """Give the model's graph and all graphs within it, outer ones first."""
    return graphs_of(model.graph)


def graphs_of(graph: GraphProto) -> Iterator[GraphProto]:
    """Give a graph and all graphs within it, outer ones first."""
    waiting = [graph]
    while waiting:
        graph = waiting.pop()
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.type == AttributeProto.GRAPH:
                    waiting.append(attribute.g)
                elif attribute.type == AttributeProto.GRAPHS:
                    waiting.extend(attribute.graphs)


def tensors(model: ModelProto) -> Iterator[TensorProto]:
    """Give every tensor that an external file could hold: initializers, and values of `Constant` and its like."""
    for graph in graphs(model):
        yield from graph.initializer
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.type == AttributeProto.TENSOR:
                    yield attribute.t
                elif attribute.type == AttributeProto.TENSORS:
                    yield from attribute.tensors


def constant_of(node: NodeProto) -> TensorProto | None:
    """Return the tensor that a `Constant` gives; None for other nodes."""
    if node.op_type != "Constant" or node.domain not in {"", "ai.onnx"}:
        return None
    return next((it.t for it in node.attribute if it.name == "value"), None)


def lift_weights(model: ModelProto) -> None:
    """Make initializers of large constants and of turned weights, where the quantizers look for them."""
    for graph in graphs(model):
        _lift_constants(graph)
        _turn_weights(graph)


def _lift_constants(graph: GraphProto) -> None:
    kept = []
    for node in graph.node:
        value = constant_of(node)
        if value is not None and elements(value) >= LEAST:
            lifted = TensorProto()
            lifted.CopyFrom(value)
            lifted.name = node.output[0]
            graph.initializer.append(lifted)
        else:
            kept.append(node)
    if len(kept) < len(graph.node):
        replace_nodes(graph, kept)


def _turn_weights(graph: GraphProto) -> None:
    """Turn weights that nothing but a `Transpose` takes: many exporters leave that to the runtime."""
    takers = Counter(name for inner in graphs_of(graph) for node in inner.node for name in node.input)
    fixed = {it.name for it in (*graph.input, *graph.output)}
    weights = {it.name: it for it in graph.initializer if it.name not in fixed and elements(it) >= LEAST}
    kept = []
    for node in graph.node:
        weight = weights.get(node.input[0]) if node.op_type == "Transpose" else None
        if weight is None or takers[weight.name] > 1 or node.output[0] in fixed:
            kept.append(node)
        else:
            order = next((list(it.ints) for it in node.attribute if it.name == "perm"), None)
            turned = np.ascontiguousarray(np.transpose(numpy_helper.to_array(weight), order))
            weight.CopyFrom(numpy_helper.from_array(turned, node.output[0]))
    if len(kept) < len(graph.node):
        replace_nodes(graph, kept)


def elements(tensor: TensorProto) -> int:
    """How many numbers a tensor has."""
    count = 1
    for dim in tensor.dims:
        count *= dim
    return count


def names(model: ModelProto) -> set[str]:
    """Every name of a value."""
    found = set()
    for graph in graphs(model):
        found |= {it.name for it in graph.initializer}
        found |= {it.name for it in (*graph.input, *graph.output)}
        found |= {name for node in graph.node for name in (*node.input, *node.output)}
    return found


def replace_nodes(graph: GraphProto, nodes: list[NodeProto]) -> None:
    """Give a graph other nodes, some of which may be its own."""
    copies = [NodeProto.FromString(it.SerializeToString()) for it in nodes]
    del graph.node[:]
    graph.node.extend(copies)


def is_external(tensor: TensorProto) -> bool:
    """Whether a tensor's values are in a file of their own."""
    return bool(tensor.data_location == TensorProto.EXTERNAL)
