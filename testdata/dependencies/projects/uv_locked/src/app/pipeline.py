"""`uv.lock` gives hashes; what is installed in another version, or not at all, is said. The root is called `src`."""

import locked_only
import pure_words
import tiny_helper
from remotemedia import Node, Pipeline


class Words(Node):
    def process(self, value):
        return [tiny_helper.words(it) for it in pure_words.split(value)]


class Elsewhere(Node):
    def process(self, value):
        return locked_only.change(value)


p = Pipeline("words")
p.add(Words()).add(Elsewhere())
