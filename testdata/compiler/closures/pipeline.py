"""Closures keep their own variables, `nonlocal` and `global` reach those of others."""
import functools

from remotemedia import AudioMixNode, Pipeline

made = 0
p = Pipeline("closures")


def counter(start=0):
    count = start

    def following():
        nonlocal count
        global made
        count += 1
        made = made + 1
        return count

    return following


one, ten = counter(), counter(10)
for number in (one(), one(), ten()):
    p.add(AudioMixNode(number, name=f"mix{number}"))
adders = [lambda value, by=by: value + by for by in range(3)]
late = [lambda: by for by in range(3)]
p.add(AudioMixNode([add(10) for add in adders][1] - 6, name="early"))
p.add(AudioMixNode(late[0]() + 1, name="late"))
mix = functools.partial(AudioMixNode, 2)
p.add(mix(name=f"made{made}"))
