"""Iterators give their values when they are asked for, each once."""

from pathlib import Path

from remotemedia import AudioMixNode, Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


p = Pipeline("lazy")
spare = map(p.add, [AudioMixNode(7)])
list(map(p.add, [AudioMixNode(1), AudioMixNode(2)]))

counts = iter([1, 2, 3, 4])
for first in counts:
    break
rows = zip("ab", counts)
taken = list(rows) + list(rows)
source = [1]
grown = enumerate(source)
source.append(2)
doubled = (2 * each for each in source)
source.append(3)
with open(Path(__file__).parent / "lines.txt") as file:
    head, rest = file.readline(), file.read()
    nothing = file.read()

p.add(Keep([first, taken, list(counts), list(grown), list(grown), list(doubled)]))
p.add(Keep([head, rest, nothing, any(n > 1 for n in source), "".join(str(n) for n in source)]))
p.add(Keep([next(iter({"k": 1})), next(filter(None, [0, 5])), next(iter([]), "none")]))
