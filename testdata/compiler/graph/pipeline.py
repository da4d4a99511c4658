from remotemedia import AudioMixNode, AudioSource, Pipeline

source = AudioSource()
left, right = AudioMixNode(1, name="left"), AudioMixNode(1, name="right")
p = Pipeline("graph")
p.add(source).add(left)
p.add(right, after=source)
joined = AudioMixNode(2, name="joined")
p.add(joined, after=[left, right])
alone = AudioMixNode(name="alone")
add = p.add
q = add(alone, after=[])
q.connect(alone, joined, from_port="out", to_port="in")
p.connect(source, b=alone)
p.connect(joined, AudioMixNode()) if False else None
p.add(AudioMixNode(3), None).add(AudioMixNode(4), after=(source,))
