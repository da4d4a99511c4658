"""A name of the author's own that is also a built-in node's."""
from remotemedia import Node, Pipeline


class AudioMixNode(Node):
    def __init__(self, weight=1):
        super().__init__()

    def process(self, value):
        return value


class Pair(Node):
    def process(self, value):
        p = value
        p.add(1)
        return p


def helper(p):
    p.add(1)
    return p


p = Pipeline("shadowing")
p.add(AudioMixNode(weight=2)).add(Pair())
