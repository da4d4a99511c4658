"""Nodes and pipelines as arguments of nodes."""

from remotemedia import AudioMixNode, HFPipelineNode, Node, Pipeline
from remotemedia.nodes.remote import RemoteObjectExecutionNode


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


inner = Pipeline("inner")
inner.add(AudioMixNode(2)).add(Keep(1))

p = Pipeline("outer")
p.add(RemoteObjectExecutionNode(obj_to_execute=HFPipelineNode("speech", host="ai.example:50052")))
p.add(Keep([AudioMixNode(), Keep(value=Keep(2))]))
p.add(Keep(inner))
