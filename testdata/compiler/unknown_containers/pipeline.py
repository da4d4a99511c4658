import sys
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline


class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


ORDER = [1, 2]
for n in range(3):
    ORDER.append(n)
TABLE = {}


def fill():
    TABLE["a"] = 1


fill()
p = Pipeline(sys.argv[0])
p.add(Keep(ORDER)).add(Keep({"deep": [TABLE]})).add(Keep(*sys.argv))
with open("x") as file:
    TEXT = file.read()
p.add(Keep(TEXT))

