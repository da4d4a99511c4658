"""The usual beginning: nodes from their old modules, `add_node`, and a run that is awaited in `main`."""

import asyncio

from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes.base import PassThroughNode
from remotemedia.nodes.simple_math import AddNode, MultiplyNode


async def main():
    pipeline = Pipeline(name="arithmetic")
    pipeline.add_node(PassThroughNode(name="input")).add_node(MultiplyNode(factor=3, name="times"))
    pipeline.add_node(AddNode(addend=1, name="plus"))

    print("several:", await pipeline.run([1, 2, 3]))
    print("one:", await pipeline.run(10))
    print("none:", await pipeline.run([]))
    print("a list in a list:", await pipeline.run([[1, 2]]))


if __name__ == "__main__":
    asyncio.run(main())
