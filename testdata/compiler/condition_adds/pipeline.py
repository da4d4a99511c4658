import sys
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline

p = Pipeline("rm106")
if len(sys.argv) > 1:
    p.add(AudioSource(sys.argv[1]))
else:
    p.add(AudioSource())
try:
    p.add(AudioMixNode())
except ValueError:
    pass
with open("x") as file:
    p.add(AudioMixNode())
if sys.flags.verbose:
    p = Pipeline("other")

