from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline


class Special(Pipeline):
    pass


def deco(cls):
    return cls


@deco
class Decorated(Node):
    def process(self, value):
        return value


class Foreign(Undefined, Node):
    def process(self, value):
        return value


class Wrapped(Node):
    @deco
    def __init__(self, a):
        super().__init__()

    def process(self, value):
        return value


p = Pipeline("rm105")
p.add(Decorated()).add(Foreign(1)).add(Wrapped(2))
q = Special("x")

