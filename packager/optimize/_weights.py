"""The tensors of an ONNX model, in its graph and in the graphs within its nodes (`If`, `Loop`, `Scan`)."""

from collections.abc import Iterator

from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

LEAST = 256
"""Elements from which a tensor counts as weights: smaller ones are shapes, axes and scales."""


def graphs(model: ModelProto) -> Iterator[GraphProto]:
    """Give the model's graph and all graphs within it, outer ones first."""
    waiting = [model.graph]
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


def lift_constants(model: ModelProto) -> None:
    """Make initializers of large constants, where the quantizers look for weights."""
    for graph in graphs(model):
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
