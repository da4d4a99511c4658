"""A directory without `__init__.py` does not stand before a distribution of its name."""

from pure_words import split
from remotemedia import Node, Pipeline


class Words(Node):
    def process(self, value):
        return split(value)


p = Pipeline("words")
p.add(Words())
