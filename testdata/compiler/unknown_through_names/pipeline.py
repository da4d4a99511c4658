import random
from settings import RATE
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline

count = random.randint(1, 2)
doubled = count * 2
p = Pipeline("rm107")
p.add(AudioMixNode(doubled))
p.add(AudioResampleNode(RATE, quality="low" if doubled else "high"))

