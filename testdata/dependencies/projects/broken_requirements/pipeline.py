"""Files with requirements that cannot be read are refused."""

import tiny_helper
from remotemedia import Node, Pipeline


class Words(Node):
    def process(self, value):
        return tiny_helper.words(value)


p = Pipeline("words")
p.add(Words())
