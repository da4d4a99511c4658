"""Nodes of a pipeline are found again by their names, and looked at."""

import sys

from remotemedia import AudioMixNode, Node, PassThroughNode, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


p = Pipeline("nodes by name")
p.add(AudioMixNode(name="mix"))
p.add(PassThroughNode())
p.add(Keep(p.get_node("mix").name), after=p.get_node("mix"))
p.connect(p.get_node("PassThroughNode"), p.nodes[-1])


def report():
    for at, node in enumerate(p.nodes):
        print(at, node.name)
    found = p.get_node("mix")
    if found is not None:
        print(found.name, [each.name for each in p.nodes if isinstance(each, Keep)])


if __name__ == "__main__" and len(sys.argv) > 1:
    report()
