"""A model in several files: its weights are packed beside it."""

from remotemedia import OnnxNode, Pipeline

p = Pipeline("models")
p.add(OnnxNode("models/split.onnx"))
