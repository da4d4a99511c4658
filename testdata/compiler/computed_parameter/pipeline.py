"""A parameter that is computed with is not whole any more."""

import os

from remotemedia import AudioResampleNode, Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


p = Pipeline("computed")
rate = p.param("rate", 16000)
double = rate * 2
p.add(AudioResampleNode(target_sample_rate=double))
p.add(Keep(f"{rate} Hz")).add(Keep([1, {"deep": int(rate)}])).add(Keep(os.environ["API_KEY"]))
if rate > 8000:
    p.add(Keep(1))
