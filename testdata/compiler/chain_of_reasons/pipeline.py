import sys
import time
from remotemedia import AudioMixNode, AudioResampleNode, Pipeline
from settings import TOKEN


def doubled(value):
    return value * 2


rate = int(sys.argv[1])
target = doubled(rate)
p = Pipeline("rm107")
p.add(AudioResampleNode(target))
p.add(AudioMixNode(channels=1, name=TOKEN))
p.add(AudioMixNode(int(time.time())))
