from remotemedia import AudioMixNode, AudioResampleNode, Pipeline

p = Pipeline("rm128")
rate = p.param("rate", 8000)
channels = p.param("channels", 1, description="of the output")
p.secret("API_KEY")
p.add(AudioResampleNode(rate))
p.add(AudioMixNode())
