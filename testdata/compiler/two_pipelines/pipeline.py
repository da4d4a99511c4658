from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline

first = Pipeline("one")
first.add(AudioSource())
second = Pipeline("two").add(AudioMixNode())

