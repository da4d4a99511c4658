"""The order of a set is not the same in every run."""

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


names = {"a", "b"}

p = Pipeline("unordered")
p.add(Keep(list(names))).add(Keep([name for name in names])).add(Keep(str(names)))
for name in names:
    p.add(Keep(1, name=name))
