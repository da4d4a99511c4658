from remotemedia import AudioResampleNode, AudioWindowNode, Node, OnnxNode, Pipeline


class Base(Node):
    def __init__(self, first, second=2, *rest, third, fourth=4, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


class Child(Base):
    pass


class Grandchild(Child):
    def __init__(self, gain, /, *, offset=0, **kw):
        super().__init__(1, third=3, **kw)


class Plain(Node):
    def process(self, value):
        return value


LIST = [1, 2, 3]
OPTIONS = {"third": 3, "extra": "x"}

p = Pipeline(name="arguments")
p.add(AudioResampleNode(8000, "low", name="resample"))
p.add(AudioWindowNode(512, pad=False, hop=256, note="unknown keywords are kept"))
p.add(OnnxNode("model.onnx", output="y", input="x", constants={"sr": [1, 2.5]}))
p.add(Base(1, third=3))
p.add(Base(1, 5, 6, 7, third=3, fourth=8, extra=[1]))
p.add(Child(*LIST, **OPTIONS))
p.add(Grandchild(0.5, offset=1, state_ttl=60))
p.add(Plain("plain", False, 1.5, 10))
