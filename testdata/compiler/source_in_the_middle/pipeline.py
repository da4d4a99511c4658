from remotemedia import AudioMixNode, Pipeline
from remotemedia.nodes import DataSourceNode

p = Pipeline("rm129")
p.add(AudioMixNode())
p.add(DataSourceNode())
p.add(AudioMixNode())
