"""Weights that a model names and that are not beside it."""

from remotemedia import OnnxNode, Pipeline

p = Pipeline("models")
p.add(OnnxNode("split.onnx"))
