from remotemedia import AudioResampleNode, Node, Pipeline


class Own(Node):
    def __init__(self, runtime_hint="auto", **kwargs):
        super().__init__(**kwargs)

    def process(self, value):
        return value


p = Pipeline("rm124")
p.add(AudioResampleNode(8000, runtime_hint="rust"))
p.add(Own(runtime_hint="rust"))
