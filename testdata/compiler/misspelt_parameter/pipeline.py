from remotemedia import AudioMixNode, AudioResampleNode, Pipeline

options = {"qualty": "low"}
p = Pipeline("rm115")
p.add(AudioResampleNode(target_sample_rat=8000))
p.add(AudioResampleNode(**options))
p.add(AudioMixNode(1, zzz=2, name="mix", state_ttl=60))
