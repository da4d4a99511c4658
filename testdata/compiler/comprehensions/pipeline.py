"""Comprehensions, generator expressions and walrus, each with the scope that it has in Python."""
from remotemedia import AudioMixNode, AudioSource, Pipeline

number = 5
p = Pipeline("comprehensions")
nodes = {f"n{number}": AudioMixNode(number) for number in range(1, 4) if number != 2}
[p.add(node) for node in nodes.values()]
p.add(AudioMixNode(*(len(name) for name in nodes if name != "n3")))
table = {(a, b): a * b for a in (1, 2) for b in range(a)}
last = [(seen := value) for value in table.values()]
p.add(AudioMixNode(number, name=f"number{len(table)}"))
p.add(AudioMixNode(max(seen, sum(x for x in [1, 2, 2])), name="seen"))
