"""Failures that programs catch, by their old names."""

import asyncio

from remotemedia.core.exceptions import NodeError, PipelineError, RemoteMediaError
from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline


class Inverse(Node):
    async def process(self, data):
        return 1 / data


async def main():
    pipeline = Pipeline([Inverse(name="inverse")])
    try:
        await pipeline.run([1, 2, 0, 4])
    except NodeError as error:
        print("node", error.node, "failed after", error.partial, "with", type(error.__cause__).__name__)
        print(isinstance(error, RemoteMediaError))
    try:
        pipeline.add_node("not a node")
    except PipelineError as error:
        print(error)
    await pipeline.initialize()
    try:
        pipeline.add_node(Inverse())
    except PipelineError as error:
        print(error)
    await pipeline.cleanup()
    print(pipeline.add_node(Inverse()) is pipeline, len(pipeline.nodes))


asyncio.run(main())
