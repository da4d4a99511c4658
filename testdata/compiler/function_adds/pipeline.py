from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline

p = Pipeline("function_adds")


def grow(channels):
    p.add(AudioMixNode(channels))


grow(2)
[p.add(AudioMixNode(n)) for n in (1, 2)]

