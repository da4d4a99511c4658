"""The import paths of older programs name the same classes."""

import remotemedia.nodes.simple_math as maths
from remotemedia.core.node import Node, RemoteExecutorConfig
from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes import AddNode, PassThroughNode
from remotemedia.nodes.audio import AudioResampleNode, VADNode
from remotemedia.nodes.base import BufferNode
from remotemedia.nodes.calculator import CalculatorNode
from remotemedia.nodes.io_nodes import DataSinkNode, DataSourceNode
from remotemedia.nodes.text_processor import TextProcessorNode
from remotemedia.nodes.transform import TextTransformNode


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


def shout(text):
    return text.upper()


p = Pipeline(name="old")
p.add_node(DataSourceNode(buffer_size=10)).add_node(PassThroughNode(name="pass"))
p.add_node(maths.MultiplyNode(factor=2)).add_node(AddNode(addend=1.5)).add_node(CalculatorNode(name="calc"))
p.add_node(BufferNode(3)).add_node(TextProcessorNode()).add_node(TextTransformNode(transform_func=shout))
p.add_node(Keep(RemoteExecutorConfig(host="localhost", port=50051, ssl_enabled=False)))
p.add_node(DataSinkNode(buffer_output=True))
q = [AudioResampleNode, VADNode]
