from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("rm122")
source, mix, other = AudioSource(), AudioMixNode(), AudioMixNode()
p.add(source).add(mix)
p.connect(source, mix, from_port="out")
p.add(other, after=[source, source])
