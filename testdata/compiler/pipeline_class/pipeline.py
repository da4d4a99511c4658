"""A class derived from `Pipeline` that adds nodes of its own."""
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Pipeline


class Speech(Pipeline):
    def __init__(self, rate, name="pipeline_class"):
        super().__init__(name=name)
        self.rate = rate
        self.add(AudioSource()).resample()

    def resample(self):
        return self.add(AudioResampleNode(self.rate))


p = Speech(8000)
p.add(AudioMixNode(p.rate // 8000))
