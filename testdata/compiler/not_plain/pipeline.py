from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline


class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value



class Config:
    rate = 1


p = Pipeline("rm108")
p.add(Keep(lambda x: x))
p.add(Keep(open("data.bin", "rb")))
p.add(Keep({1, 2}))
p.add(Keep(Config()))
p.add(Keep(Keep))
p.add(Keep([1, {"deep": b"bytes"}]))
p.add(Keep({1: "not a string"}))
p.add(Keep(2**60))
p.add(Keep(float("nan")))
p.add(Keep(len))
p.add(Keep(AudioSource()))
p.add(Keep(p.add))
p.add(Keep(1j))
p.add(Keep("\ud800"))

