"""A generator runs only as far as it is asked to, between the statements of the loop that asks."""
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("generators")


def growing(limit):
    while len(p.nodes) < limit:
        yield len(p.nodes) + 1
    yield from (7, 8)


def both():
    first = yield "first"
    assert first is None
    yield "second"


for number in growing(3):
    p.add(AudioMixNode(number))
    if number == 7:
        break
for name, channels in zip(both(), (1, 2)):
    p.add(AudioMixNode(channels, name=name))
