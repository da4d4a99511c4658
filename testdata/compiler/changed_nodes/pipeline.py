from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline


class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


node = Keep()
node.value = 3
setattr(node, "gain", 2)
p = Pipeline("rm113").add(node)
p.nodes[0].gain = 3
del node.value
for other in (node,):
    other.gain = 2

