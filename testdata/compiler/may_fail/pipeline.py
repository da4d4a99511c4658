import sys
from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("rm106")
p.add(AudioSource())
try:
    channels = int(sys.argv[1])
    p.add(AudioMixNode(2))
except IndexError:
    print("no channels")
