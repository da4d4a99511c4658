from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline

p = Pipeline("rm112")
p.add(AudioMixNode(name="mix"))
p.add(AudioSource(name="source")).add(AudioMixNode(2, name="mix")).add(AudioMixNode(3, name="mix"))

