"""Statements that cannot touch the graph are passed over, whatever they are."""
import json
import logging
import sys
from contextlib import suppress

from remotemedia import AudioMixNode, AudioSource, Node, Pipeline

log = logging.getLogger(__name__)
TABLE = {"a": 1, "b": 2}
ORDER = [3, 1, 2]
COUNT = 2


class Labels(Node):
    SIZE = 4
    counts = [n for n in range(SIZE)]

    def __init__(self, table, **kw):
        super().__init__(**kw)
        self.table = dict(table)
        self.order = [item for item in ORDER]

    def process(self, value):
        for key in TABLE:
            self.table[key] = TABLE[key]
        return self.table


for key, value in TABLE.items():
    print(key, value, sorted(ORDER), file=sys.stderr)
squares = [n * n for n in ORDER]
try:
    import numpy as np
except ImportError:
    np = None
with suppress(OSError):
    text = open("missing.txt").read()
while COUNT > 100:
    COUNT = COUNT + 1
del squares


def report(*values):
    global log
    log = None
    return json.dumps(values)


def check():
    assert p.name, p.nodes
    if not p:
        return repr(p)
    return str([n.name for n in p.nodes])


p = Pipeline("passed_over")
p.add(AudioSource()).add(AudioMixNode(channels=TABLE["b"])).add(Labels(TABLE, size=Labels.SIZE, order=ORDER))
print(p.to_manifest() and "", check(), report(1, 2), p.name + "!", file=sys.stderr)
for node in p.nodes:
    print(node.name, file=sys.stderr)
match COUNT:
    case 3:
        other = 1
    case _:
        pass
lambda x: p.run(x)
