from remotemedia import AudioMixNode, AudioResampleNode, Pipeline
from remotemedia.nodes import RemoteObjectExecutionNode


def in_a_function():
    unused = AudioMixNode()
    return unused


p = Pipeline("rm123")
forgotten = AudioMixNode()
AudioMixNode(2)
mentioned = AudioMixNode()
print(mentioned.name)
held = [AudioMixNode(), AudioMixNode(2)]
p.add(held[0])
inner = AudioResampleNode(8000)
p.add(RemoteObjectExecutionNode(obj_to_execute=inner))
