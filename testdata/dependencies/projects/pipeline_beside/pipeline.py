"""What the pipeline names at the top counts for no class; a variable that a class names does, with what it is made of."""

import native_fft
from heavy import Heavy
from remotemedia import Node, Pipeline

import tables

KNOWN = set(tables.WORDS)


class Light(Node):
    def process(self, value):
        return value * 2


class Known(Node):
    def process(self, value):
        return value in KNOWN


p = Pipeline("beside")
p.add(Heavy()).add(Light()).add(Known())
WINDOW = native_fft.fft([1, 2])
