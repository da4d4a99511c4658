import os
import sys
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline

p = Pipeline("rm107")
p.add(AudioResampleNode(target_sample_rate=int(sys.argv[1])))
p.add(AudioMixNode(int(os.environ["CHANNELS"]) + 1))
p.add(AudioMixNode(channels=input("how many? ")))

