import os
import os.path as op
import pathlib
from os.path import dirname, join
from pathlib import Path

from remotemedia import AudioSource, Node, OnnxNode, Pipeline


class Reader(Node):
    def __init__(self, path=None, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


HERE = Path(__file__).parent
MODELS = HERE.resolve() / "models"

p = Pipeline("files")
p.add(AudioSource(path="sound.wav"))
p.add(OnnxNode(MODELS / "one.onnx"))
p.add(OnnxNode(str(MODELS / "one.onnx"), name="again"))
p.add(OnnxNode(Path(__file__).with_name("two.onnx")))
p.add(OnnxNode(HERE.joinpath("models", "one.onnx")))
p.add(OnnxNode(os.path.join(os.path.dirname(__file__), "models", "one.onnx")))
p.add(OnnxNode(join(dirname(op.abspath(__file__)), "two.onnx")))
p.add(OnnxNode(pathlib.Path("models/one.onnx")))
p.add(OnnxNode(f"models/{'one'}.onnx"))
p.add(Reader(Path("models") / "one.onnx")).add(Reader("models/one.onnx"))
p.add(Reader([Path(__file__).parent / "sound.wav", {"deep": Path("two.onnx")}]))
p.add(Reader(HERE.joinpath("two.onnx").with_suffix(".onnx"))).add(Reader((HERE / "sound.wav").name))
