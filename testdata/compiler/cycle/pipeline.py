from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("rm120")
first, second, third, aside = (AudioMixNode(name=name) for name in ("first", "second", "third", "aside"))
p.add(AudioSource()).add(first).add(second)
p.add(third)
p.add(aside, after=third)
p.connect(third, first)
