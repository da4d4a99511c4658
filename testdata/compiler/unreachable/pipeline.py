from remotemedia import AudioMixNode, Pipeline
from remotemedia.nodes import DataSourceNode

p = Pipeline("rm121")
p.add(DataSourceNode()).add(AudioMixNode(name="reached"))
p.add(AudioMixNode(name="alone"), after=[]).add(AudioMixNode(name="behind"))
