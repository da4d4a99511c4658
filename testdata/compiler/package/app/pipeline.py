from pathlib import Path

from remotemedia import OnnxNode, Pipeline

from . import constants
from .constants import NAME as TITLE
from .parts.echo import Echo

p = Pipeline(TITLE)
p.add(OnnxNode(Path(__file__).parent.parent / "shared.onnx")).add(Echo(delay=constants.DELAY))
p.add(OnnxNode("parts/own.onnx"))
