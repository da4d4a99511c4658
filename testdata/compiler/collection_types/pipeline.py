"""Dicts of `collections`; a manifest holds plain ones."""

from collections import Counter, OrderedDict, defaultdict

from remotemedia import AudioMixNode, Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


groups = defaultdict(list)
for name in ("ab", "cd", "ae"):
    groups[name[0]].append(name)
counts = Counter("hello")
counts["l"] += 1
ordered = OrderedDict([("x", AudioMixNode(1)), ("y", AudioMixNode(2))])
ordered["z"] = AudioMixNode(3)
flags = {"a"}
same = flags
flags |= {"b"}

p = Pipeline("collections")
p.add(Keep(dict(groups))).add(Keep({**counts})).add(Keep([counts["nothing"], len(counts), sorted(same)]))
for node in ordered.values():
    p.add(node)
