"""Text nodes from their old modules."""

import asyncio

from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes import PassThroughNode
from remotemedia.nodes.text_processor import TextProcessorNode


async def main():
    pipeline = Pipeline([PassThroughNode(), TextProcessorNode(name="text")])
    result = await pipeline.run({"text": "Hello World", "operations": ["uppercase", "word_count"]})
    print(sorted(result))


asyncio.run(main())
