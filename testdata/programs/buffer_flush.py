"""A buffer that is full now and then, and what it holds at the end."""

from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes.base import BufferNode, PassThroughNode

pipeline = Pipeline([PassThroughNode(), BufferNode(buffer_size=3)])
print(pipeline.run(list(range(7))))
