"""Pure Python of a distribution, with its data and with what it requires, travels with the node."""

from pure_words import split
from remotemedia import Node, Pipeline


class Words(Node):
    def process(self, value):
        return split(value)


p = Pipeline("words")
p.add(Words())
