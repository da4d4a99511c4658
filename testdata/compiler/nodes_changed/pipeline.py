"""Nodes of a pipeline are changed where that is not followed."""

import sys

from remotemedia import AudioMixNode, Pipeline

p = Pipeline("nodes changed")
p.add(AudioMixNode(name="mix"))


def mute():
    for node in p.nodes:
        node.channels = 0


if len(sys.argv) > 1:
    mute()
    p.get_node("mix").channels = 1
    p.remove_node("mix")
p.get_node(sys.argv[0]).channels = 2
