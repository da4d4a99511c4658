from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline


class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value



class Strict(Node):
    def __init__(self, a, *, b):
        super().__init__()

    def process(self, value):
        return value


p = Pipeline("rm105")
source = AudioSource()
p.add(OnnxNode())
p.add(AudioMixNode(1, 2))
p.add(AudioMixNode(1, channels=2))
p.add(Strict(1, b=2, c=3))
p.add(Strict(1))
p.add(Node())
p.add(AudioSource)
p.add(source).add(source)
p.add(3)
p.add()
p.connect(source, AudioMixNode())
p.connect(source)
p.add(AudioMixNode(), after="source")

