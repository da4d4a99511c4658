"""Loops over what is known, with `break`, `continue` and `else`."""
from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("loops")
p.add(AudioSource())
for channels in (4, 2, 1):
    if channels == 2:
        continue
    p.add(AudioMixNode(channels))
else:
    p.add(AudioMixNode(8, name="behind"))
while len(p.nodes) < 6:
    p.add(AudioMixNode(len(p.nodes)))
    if len(p.nodes) == 5:
        break
else:
    p.add(AudioMixNode(7, name="never"))
for (number, (name, _)), *rest in [((1, ("a", 0)), 2, 3)]:
    p.add(AudioMixNode(number + len(rest), name=name))
