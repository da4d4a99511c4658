"""A stream of the program's own through a pipeline that is initialized for the time of a block."""

import asyncio

from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline


class Session(Node):
    async def initialize(self):
        await super().initialize()
        self.items = []
        print("ready")

    async def process(self, data):
        self.items.append(data)
        await asyncio.sleep(0.001)
        return {"n": data, "seen": len(self.items)}

    async def cleanup(self):
        print("cleaned up after", len(self.items))
        await super().cleanup()


async def data_stream():
    for number in (5, 6, 7):
        yield number


async def main():
    pipeline = Pipeline(name="managed")
    pipeline.add_node(Session(name="session"))
    async with pipeline.managed_execution():
        print("initialized:", pipeline.is_initialized)
        async for result in pipeline.process(data_stream()):
            print(result)
    print("initialized:", pipeline.is_initialized)


asyncio.run(main())
