from remotemedia import AudioMixNode, Pipeline

p = Pipeline("rm120")
mix = AudioMixNode()
p.add(mix)
p.connect(mix, mix)
