import helpers
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline

p = Pipeline("rm106")
node = AudioMixNode()
helpers.extend(p)
helpers.tune(node)
graphs = {"main": p}
helpers.extend(graphs)
p.name = "other"
p.insert(0, node)
exec("p.add(node)")
p.add(helpers.make())
p.add(*helpers.NODES)

