"""A pipeline in a pipeline is dissolved, also what is added to it later."""

from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, AudioWindowNode, Pipeline


def prepared(rate):
    sub = Pipeline("prepare")
    sub.add(AudioMixNode()).add(AudioResampleNode(sub.param("rate", rate)))
    return sub


p = Pipeline("whole")
source = AudioSource()
p.add(source)
first = prepared(16000)
p.add(first)
p.add(AudioWindowNode(256))
second = Pipeline("branches")
p.add(second, after=source)
second.add(AudioMixNode(2, name="left"))
second.add(AudioMixNode(2, name="right"), after=[])
p.connect(first, second)
p.add(Pipeline("prepare").add(AudioMixNode()))
