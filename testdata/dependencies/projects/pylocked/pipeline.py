"""`pylock.toml` (PEP 751) comes before `uv.lock`; a marker that does not hold leaves an entry out."""

import tiny_helper
from remotemedia import Node, Pipeline


class Words(Node):
    def process(self, value):
        return tiny_helper.words(value)


p = Pipeline("words")
p.add(Words())
