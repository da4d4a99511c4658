"""RM109: a file of the project is missing or lies outside it. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM109",
    "error",
    "A file that an argument names is packed, so it has to be there when the package is built, and below the "
    "project's directory.",
    bad="""\
from remotemedia import OnnxNode, Pipeline

p = Pipeline("speech")
p.add(OnnxNode("model.onnx"))
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode())
""",
)
