from remotemedia import AudioMixNode, Node, Pipeline


class Named(Node):
    def __init__(self, name=None, gain=1):
        super().__init__(name="always this")

    def process(self, value):
        return value


p = Pipeline("ids")
p.add(AudioMixNode()).add(AudioMixNode()).add(AudioMixNode(name="AudioMixNode_3")).add(AudioMixNode())
p.add(Named()).add(Named("given")).add(Named(gain=2)).add(AudioMixNode(name="")).add(AudioMixNode(name=None))
