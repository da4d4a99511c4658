"""Values that are pushed in while the pipeline runs, and a sink that calls back."""

import asyncio

from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes.io_nodes import DataSinkNode, DataSourceNode


class Square(Node):
    async def process(self, data):
        return data * data


async def main():
    source = DataSourceNode(buffer_size=10, name="source")
    called_with = []
    sink = DataSinkNode(callback=called_with.append, buffer_output=True, name="sink")
    pipeline = Pipeline([source, Square(), sink], name="push")

    async def feed():
        for number in range(1, 6):
            await source.push_data(number)
            await asyncio.sleep(0.001)
        await source.close()

    async with pipeline.managed_execution():
        feeding = asyncio.create_task(feed())
        async for result in pipeline.process():
            print("result", result)
        await feeding
        print("called back with", called_with)
        print("buffered", list(sink.get_buffered_output()))


asyncio.run(main())
