"""Queues of `collections.deque`."""

from collections import deque

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


tree = {"a": ["b", "c"], "b": ["d"], "c": [], "d": []}
p = Pipeline("deques")
waiting = deque(["a"])
while waiting:
    name = waiting.popleft()
    p.add(Keep(len(waiting), name=name))
    waiting.extend(tree[name])

recent = deque(range(3))
recent.appendleft(-1)
recent.rotate(1)
recent.extendleft("xy")
last = recent.pop()
p.add(Keep([list(recent), last, recent[0], recent[-1], "x" in recent, [item for item in recent]]))
