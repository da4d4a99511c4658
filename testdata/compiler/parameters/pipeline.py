"""Parameters keep a default, and a run may change them."""

from remotemedia import AudioResampleNode, Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


p = Pipeline("parameters")
rate = p.param("rate", 16000, "samples per second")
p.add(AudioResampleNode(target_sample_rate=rate))
p.add(Keep({"again": rate, "list": [p.param("labels", ["yes", "no"], description="what to look for")]}))
p.add(Keep(p.param(name="gain", default=0.5)))
p.param("unused", None)
