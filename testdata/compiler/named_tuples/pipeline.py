"""Classes made by `collections.namedtuple`."""

import collections
from collections import namedtuple

from remotemedia import Node, Pipeline

Window = namedtuple("Window", "size hop", defaults=[80])
Band = collections.namedtuple("Band", ["low", "high"])


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


p = Pipeline("named tuples")
window = Window(size=400)
size, hop = window
p.add(Keep(window))
p.add(Keep([size, hop, window.hop, window[0], list(window), Window._fields]))
for band in (Band(0, 100), Band(high=200, low=100)):
    p.add(Keep(band.high - band.low, name=f"{band.low}-{band.high}"))
