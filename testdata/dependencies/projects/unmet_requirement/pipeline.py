"""A requirement that is stated and imported, but not installed."""

import not_there
from remotemedia import Node, Pipeline


class One(Node):
    def process(self, value):
        return not_there.Y


p = Pipeline("one")
p.add(One())
