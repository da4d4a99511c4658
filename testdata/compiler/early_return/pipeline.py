import sys
from remotemedia import AudioMixNode, Pipeline


def build():
    p = Pipeline("rm106")
    p.add(AudioMixNode(1))
    if "--short" in sys.argv:
        return p
    p.add(AudioMixNode(2))
    return p


p = build()
