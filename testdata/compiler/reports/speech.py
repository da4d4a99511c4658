from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, Pipeline


class Gain(Node):
    def __init__(self, factor: float, label: str = "", **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, value):
        return value * self.factor


p = Pipeline("speech")
source = AudioSource()
p.add(source)
text = "𝄞 日本語"; p.add(AudioResampleNode(8000, "𝄞", runtime_hint="rust"))
p.add(AudioMixNode(chanels=1))
p.add(Gain(
    factor=[
        "2",
    ],
    label=7,
), after=source)
last = AudioMixNode(65)
p.add(last, after=source).connect(source, last)
