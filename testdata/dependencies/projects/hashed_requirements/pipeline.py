"""`requirements.txt`: pins with hashes, a file that includes another, markers and extras."""

import with_extras
from remotemedia import Node, Pipeline


class One(Node):
    def process(self, value):
        return with_extras.X


p = Pipeline("one")
p.add(One())
