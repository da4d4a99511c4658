from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline

p = Pipeline("loop_adds")
p.add(AudioSource())
for channels in (4, 2, 1):
    p.add(AudioMixNode(channels))
while len(p.nodes) < 3:
    p.add(AudioMixNode())

