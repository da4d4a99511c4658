from pathlib import Path
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline


class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


p = Pipeline("rm109")
p.add(OnnxNode("missing.onnx"))
p.add(OnnxNode(Path(__file__).parent / "models" / "missing.onnx"))
p.add(AudioSource("/etc/hostname"))
p.add(AudioSource("../regenerate.py"))
p.add(Keep(Path("missing.txt")))
p.add(Keep(Path.home() / "x"))

