from remotemedia import AudioMixNode, AudioSource, Node, Pipeline
from remotemedia.nodes import CalculatorNode, ExtractAudioDataNode, PassThroughNode


class Anything(Node):
    def process(self, value):
        return value


p = Pipeline("rm119")
p.add(AudioSource()).add(Anything()).add(CalculatorNode())
p.add(PassThroughNode()).add(AudioMixNode())
p.add(CalculatorNode())
tensor, mix = ExtractAudioDataNode(), AudioMixNode()
p.add(tensor, after=[]).add(mix, after=[])
p.connect(tensor, mix)
